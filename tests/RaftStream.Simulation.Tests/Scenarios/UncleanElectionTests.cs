using RaftStream.Broker.Admin;
using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Elections that lose records because somebody wants it so, step by step (R-9.6, P110).</summary>
public sealed class UncleanElectionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void R_9_6_P110_who_is_behind_leads_only_by_config_or_by_an_operators_word_and_all_agree_afterwards(bool byItself)
    {
        var cluster = new ScriptedCluster(configure: options => options with { LosesRecords = true, ElectsUncleanly = byItself });
        BrokerMachine behind = cluster.Followers[1];
        BrokerMachine[] others = [.. cluster.World.Brokers.Where(other => other != behind)];
        Offset kept = cluster.WriteAndWait();
        cluster.Run(500);
        cluster.Cut(behind, others);
        Written lost = cluster.Write(cluster.Leader);
        cluster.Until(() => lost.Error == ErrorCode.None);
        Assert.DoesNotContain(behind.Id, cluster.State.Isr);
        cluster.WriteAndWait();
        foreach (BrokerMachine other in others)
        {
            other.Kill();
        }

        if (!byItself)
        {
            cluster.Until(() => cluster.State.Isr.IsEmpty);
            cluster.Run(3_000);
            Assert.Equal(NodeId.None, cluster.State.Leader);
            cluster.World.Operator.ElectUncleanly();
        }

        cluster.UntilLeads(behind);
        Assert.Equal(cluster.State.LeaderEpoch, cluster.State.LastUncleanEpoch);
        Assert.Contains("committed records lost", cluster.World.Marks.Counts.Keys);
        cluster.Join();
        foreach (BrokerMachine other in others)
        {
            other.Start();
        }

        Offset next = cluster.WriteAndWait();
        Assert.Equal(lost.Offset, next); // another record is there now, and the others have cut theirs
        Assert.True(kept < next);
        cluster.EndWell();
        Assert.Contains("log truncated", cluster.World.Marks.Counts.Keys);
    }

    [Fact]
    public void R_8_7_S_R2_what_an_unclean_leader_takes_for_committed_is_flushed_before_it_leads()
    {
        var cluster = new ScriptedCluster(configure: options => options with { LosesRecords = true, ElectsUncleanly = true });
        BrokerMachine behind = cluster.Followers[1];
        BrokerMachine[] others = [.. cluster.World.Brokers.Where(other => other != behind)];
        cluster.WriteAndWait();
        cluster.Run(500);
        behind.FlushMs = 100_000;
        Written[] written = [.. Enumerable.Range(0, 5).Select(_ => cluster.Write(cluster.Leader))];
        cluster.Until(() => written.All(one => one.Error == ErrorCode.None)); // its disk hangs: it has left the ISR
        Offset end = ScriptedCluster.Cell(cluster.Leader).Log.LogEndOffset;
        cluster.Until(() => ScriptedCluster.Cell(behind).HighWatermark == end);
        Assert.DoesNotContain(behind.Id, cluster.State.Isr);
        Assert.True(ScriptedCluster.Cell(behind).Log.DurableEnd < end);
        foreach (BrokerMachine other in others)
        {
            other.Kill();
        }

        cluster.UntilLeads(behind);
        Assert.Equal(cluster.State.LeaderEpoch, cluster.State.LastUncleanEpoch);
        behind.LosePower();
        behind.FlushMs = 2;
        behind.Start();
        cluster.UntilLeads(behind);
        Assert.Equal(end, ScriptedCluster.Cell(behind).Log.LogEndOffset);
        foreach (BrokerMachine other in others)
        {
            other.Start();
        }

        cluster.UntilInSync();
        Assert.Equal(end, cluster.WriteAndWait()); // nothing is lost after all
        cluster.EndWell();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void R_7_6_S_R2_after_an_unclean_election_an_emptied_log_begins_anew_only_while_nobody_counts_on_it(bool isEligible)
    {
        var cluster = new ScriptedCluster(configure: options => options with { LosesRecords = true, ElectsUncleanly = true });
        BrokerMachine winner = cluster.Followers[1];
        BrokerMachine[] others = [.. cluster.World.Brokers.Where(other => other != winner)];
        Offset end = cluster.WriteAndWait().Plus(1);
        cluster.Run(500);
        cluster.Cut(winner, others);
        Written lost = cluster.Write(cluster.Leader);
        cluster.Until(() => lost.Error == ErrorCode.None);
        foreach (BrokerMachine other in others)
        {
            other.Kill();
        }

        cluster.UntilLeads(winner);
        cluster.Join();
        foreach (BrokerMachine other in others)
        {
            other.Start();
        }

        cluster.UntilInSync();
        cluster.UntilLeads(others[0]); // the preferred leader again
        BrokerMachine next = cluster.Followers[0];
        if (isEligible)
        {
            cluster.Followers[1].Kill();
            cluster.Until(() => cluster.State.Isr.Length == 2);
        }

        // No record is of a reign since that election. The leader deletes all, and nobody hears of it.
        BrokerMachine leader = cluster.Leader;
        PartitionCell cell = ScriptedCluster.Cell(leader);
        Assert.True(cell.Log.LastEpoch < cluster.State.LastUncleanEpoch);
        cluster.Cut(leader, cluster.Followers);
        leader.Process!.Do(() => RecordDeletion.Run(cell, RecordDeletion.UpToHighWatermark, timeoutMs: 100, _ => { }));
        cluster.Until(() => cell.Log.LogStartOffset == end);
        Assert.Equal(end, cell.Log.LogEndOffset);
        leader.Kill();
        cluster.UntilLeads(next);
        Assert.Equal(Offset.Zero, ScriptedCluster.Cell(next).Log.LogStartOffset);
        Assert.Equal(isEligible, cluster.State.Elr.Contains(leader.Id));
        cluster.Join();
        leader.FlushMs = 500; // so that it would be seen with less than it promises
        leader.Start();
        cluster.Until(() => cluster.State.Isr.Contains(leader.Id));

        Assert.Equal(isEligible ? end : Offset.Zero, ScriptedCluster.Cell(leader).Log.LogStartOffset);
        cluster.EndWell();
    }
}
