using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Known bugs of consumers around a change of leaders, and on followers, step by step (P66, P67).</summary>
public sealed class ReadBugTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("end-before-reign-start")]
    public void P66_a_new_leader_says_where_the_log_ends_only_when_it_knows_what_is_committed(string? mutant)
    {
        string? broken = ScriptedCluster.Broken(() =>
        {
            var cluster = new ScriptedCluster(mutant);
            BrokerMachine old = cluster.Leader;
            List<BrokerMachine> others = cluster.Followers;
            LeaderEpoch epoch = cluster.State.LeaderEpoch;
            Written written = cluster.Write(old);
            cluster.Until(() => written.Error is not null);
            Offset committed = ScriptedCluster.Cell(old).HighWatermark;
            old.Kill(); // before it has told the others what is committed
            cluster.Cut(others[0], others[1]);
            cluster.Until(() => cluster.State.Leader != old.Id && cluster.State.Leader != NodeId.None);
            cluster.UntilLeads(cluster.Leader);
            PartitionCell cell = ScriptedCluster.Cell(cluster.Leader);
            Assert.True(cell.HighWatermark < committed);
            FoundOffset found = OffsetFinder.Find(cell, OffsetFinder.Latest, LeaderEpoch.Unknown);
            cluster.World.Checks.EndAsked(cell, found);
            Assert.Equal(ErrorCode.OffsetNotAvailable, found.Error);

            // the end of an epoch is not cut to what is known to be committed, or a consumer would believe in a truncation.
            Assert.Equal(committed, cell.Log.EndOffsetForEpoch(epoch).EndOffset);
            Assert.Null(PartitionReader.DivergesAt(cell, committed, epoch));
            cluster.Join();
            cluster.Until(() => OffsetFinder.Find(cell, OffsetFinder.Latest, LeaderEpoch.Unknown).Offset >= committed);
            cluster.EndWell();
        });
        Assert.Equal(mutant is null ? null : "R-11.3", broken?[..6]);
    }

    [Fact]
    public void P67_a_follower_that_is_behind_its_reader_does_not_send_it_back()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine leader = cluster.Leader;
        BrokerMachine behind = cluster.World.Brokers.First(broker => broker != leader && broker.Rack != leader.Rack);
        cluster.WriteAndWait();
        cluster.Run(500);
        PartitionCell cell = ScriptedCluster.Cell(behind);
        Assert.Equal(behind.Id, Chosen(default));
        Assert.Equal(ErrorCode.None, Read(default));

        cluster.Cut(behind, cluster.World.Brokers.Where(other => other != behind));
        Written written = cluster.Write(leader);
        cluster.Until(() => written.Error == ErrorCode.None); // without it: it has left the isr
        Offset end = ScriptedCluster.Cell(leader).HighWatermark;
        Assert.Equal(ErrorCode.OffsetNotAvailable, Read(end));
        Assert.Equal(NodeId.None, Chosen(end)); // only members of the isr are named
        cluster.Join();
        cluster.UntilInSync();
        cluster.Until(() => Read(end) == ErrorCode.None);
        cluster.Until(() => Chosen(end) == behind.Id); // its image may be a little late
        cluster.EndWell();

        NodeId Chosen(Offset offset) => ReadReplicas.Choose(ScriptedCluster.Cell(leader), leader.Process!.Image!.Brokers, behind.Rack, offset);

        ErrorCode Read(Offset offset)
        {
            BrokersImage brokers = behind.Process!.Image!.Brokers;
            Assert.True(ReadReplicas.MayServe(cell.Role, brokers, behind.Id));
            using PartitionRead read = PartitionReader.Read(cell, FetchPosition.At(offset) with { FromFollower = true }, 2_000, atLeastOneBatch: true);
            return read.Error;
        }
    }
}
