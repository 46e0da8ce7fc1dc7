using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Known bugs of followers and their logs, step by step (P40 to P47).</summary>
public sealed class ReplicaBugTests
{
    [Fact]
    public void P40_a_follower_that_restarts_keeps_what_it_has_above_its_high_watermark()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine leader = cluster.Leader;
        BrokerMachine[] others = [.. cluster.Followers];
        Offset written = cluster.WriteAndWait();
        others[0].Kill(); // it has the record, and was hardly told that it is committed
        others[0].Start();
        leader.Kill();
        others[1].Kill();
        cluster.Until(() => cluster.State.Leader == others[0].Id || cluster.State.Isr.IsEmpty);
        others[1].Start();
        cluster.Until(() => cluster.State.Leader != NodeId.None && cluster.Leader.IsUp);
        Assert.True(ScriptedCluster.Cell(cluster.Leader).Log.LogEndOffset > written);
        cluster.EndWell();
    }

    [Fact]
    public void P41_two_that_lost_power_do_not_keep_different_records_at_one_offset()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine first = cluster.Leader;
        BrokerMachine second = cluster.Followers[0];
        cluster.WriteAndWait();
        cluster.Isolate(first);
        Written lonely = cluster.Write(first, RequiredAcks.Leader);
        cluster.Until(() => lonely.Error == ErrorCode.None);
        first.LosePower();
        cluster.Join();
        cluster.Until(() => cluster.State.Leader != first.Id && cluster.State.Leader != NodeId.None);
        Offset other = cluster.WriteAndWait();
        Assert.Equal(lonely.Offset, other); // another record at the same offset, in another epoch
        second.LosePower();
        first.Start();
        second.Start();
        cluster.EndWell();
        Assert.Contains("log truncated", cluster.World.Marks.Counts.Keys);
    }

    [Fact]
    public void P42_after_fast_changes_of_leaders_logs_are_compared_from_both_sides()
    {
        var cluster = new ScriptedCluster(configure: options => options with { Brokers = 2, ReplicationFactor = 2 });
        BrokerMachine a = cluster.Leader;
        BrokerMachine b = cluster.Followers[0];
        cluster.WriteAndWait();
        a.Kill();
        cluster.UntilLeads(b);
        Written y = cluster.Write(b, RequiredAcks.Leader); // below the minimum: never committed
        cluster.Until(() => y.Error == ErrorCode.None);
        b.Kill();
        cluster.Until(() => cluster.State.Leader == NodeId.None);
        a.Start();
        cluster.UntilLeads(a);
        Written z = cluster.Write(a, RequiredAcks.Leader);
        cluster.Until(() => z.Error == ErrorCode.None);
        Assert.Equal(y.Offset, z.Offset);
        b.Start();
        cluster.EndWell();
        Assert.Contains("fetch diverges", cluster.World.Marks.Counts.Keys);
    }

    [Fact]
    public void P45_a_reign_without_a_record_does_not_keep_a_follower_from_an_earlier_epochs_records()
    {
        var cluster = new ScriptedCluster(configure: options => options with { Brokers = 2, ReplicationFactor = 2 });
        BrokerMachine a = cluster.Leader;
        BrokerMachine b = cluster.Followers[0];
        cluster.WriteAndWait();
        cluster.Cut(a, b);
        Written x = cluster.Write(a, RequiredAcks.Leader);
        cluster.Until(() => x.Error == ErrorCode.None);
        a.Kill();
        cluster.UntilLeads(b);
        b.Kill(); // it has led, and written nothing
        cluster.Until(() => cluster.State.Leader == NodeId.None);
        a.Start();
        cluster.UntilLeads(a);
        cluster.Join();
        b.Start();
        cluster.EndWell();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("high-watermark-from-divergence")]
    public void P46_a_diverging_answer_says_nothing_about_what_is_committed(string? mutant)
    {
        string? broken = ScriptedCluster.Broken(() =>
        {
            var cluster = new ScriptedCluster(mutant);
            BrokerMachine old = cluster.Leader;
            cluster.WriteAndWait();
            cluster.Isolate(old);
            for (int i = 0; i < 5; i++)
            {
                cluster.Write(old, RequiredAcks.Leader); // a tail that nobody else has
            }

            cluster.Until(() => cluster.State.Leader != old.Id && cluster.State.Leader != NodeId.None);
            cluster.WriteAndWait();
            cluster.WriteAndWait();
            cluster.EndWell();
        });
        Assert.Equal(mutant is not null, broken?.Contains("a committed record would go", StringComparison.Ordinal) == true);
        Assert.Equal(mutant is null, broken is null);
    }

    [Fact]
    public void P25_a_doubled_diverging_answer_cuts_nothing()
    {
        Assert.Null(ScriptedCluster.Broken(() => Doubled(null, 1)));
        Assert.Contains(Enumerable.Range(1, 20), seed => ScriptedCluster.Broken(() => Doubled("take-any-answer", (ulong)seed)) is not null);

        static void Doubled(string? mutant, ulong seed)
        {
            var cluster = new ScriptedCluster(mutant, seed);
            BrokerMachine old = cluster.Leader;
            cluster.WriteAndWait();
            cluster.Isolate(old);
            cluster.Write(old, RequiredAcks.Leader);
            cluster.Until(() => cluster.State.Leader != old.Id && cluster.State.Leader != NodeId.None);
            cluster.WriteAndWait();
            cluster.World.Network.TwicePerMille = 1_000;
            cluster.Join();
            for (int i = 0; i < 40; i++)
            {
                cluster.WriteAndWait();
                cluster.Run(20);
            }

            cluster.World.Network.TwicePerMille = 0;
            cluster.EndWell();
        }
    }

    [Fact]
    public void P51_a_late_fetch_of_an_earlier_incarnation_does_not_count()
    {
        Assert.All(Enumerable.Range(1, 40), seed => Assert.Null(ScriptedCluster.Broken(() => Late(null, (ulong)seed))));
        Assert.Contains(Enumerable.Range(1, 200), seed => ScriptedCluster.Broken(() => Late("take-stale-broker", (ulong)seed)) is not null);

        static void Late(string? mutant, ulong seed)
        {
            var cluster = new ScriptedCluster(mutant, seed, options => options with { FlushesOnCommit = false, SegmentBytes = 1 << 20 });
            BrokerMachine follower = cluster.Followers[0];
            cluster.WriteAndWait();
            cluster.World.Network.LatePerMille = 500;
            for (int i = 0; i < 5; i++)
            {
                cluster.Write(cluster.Leader);
            }

            cluster.Run(60);
            follower.LosePower(); // what it fetched was not flushed, and a fetch is still on its way
            follower.Start();
            cluster.World.Network.LatePerMille = 0;
            cluster.Run(30);
            cluster.World.Network.Cut(cluster.State.Leader.Value, follower.Id.Value); // it says where it is, and gets nothing
            cluster.Run(3_000);
            cluster.EndWell();
        }
    }

    [Fact]
    public void P65_a_follower_below_the_log_start_begins_anew()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine behind = cluster.Followers[0];
        cluster.WriteAndWait();
        behind.Kill();
        for (int i = 0; i < 30; i++)
        {
            cluster.WriteAndWait();
        }

        BrokerMachine leader = cluster.Leader;
        Broker.Admin.DeletedRecords? deleted = null;
        leader.Process!.Do(() => Broker.Admin.RecordDeletion.Run(
            ScriptedCluster.Cell(leader), Broker.Admin.RecordDeletion.UpToHighWatermark, timeoutMs: 60_000, result => deleted = result));
        behind.Start();
        cluster.EndWell();
        Assert.Equal(ErrorCode.None, deleted?.Error);
        Assert.Contains("log begun anew", cluster.World.Marks.Counts.Keys);
        Assert.Equal(ScriptedCluster.Cell(leader).Log.LogStartOffset, ScriptedCluster.Cell(behind).Log.LogStartOffset);
    }

    [Fact]
    public void P68_the_folder_of_a_deleted_topic_is_not_taken_for_the_new_one()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine away = cluster.Followers[0];
        cluster.WriteAndWait();
        away.Kill();
        TopicId old = cluster.Topic.Id;
        cluster.Until(() => !cluster.State.Isr.Contains(away.Id));
        cluster.Ask<System.Collections.Immutable.ImmutableArray<Metadata.Control.TopicOutcome>>(Metadata.Control.ControllerOperation.Of(
            "delete", image => Metadata.Control.TopicControl.Delete(image, [new Metadata.Control.TopicReference(Operator.Topic, TopicId.None)])));
        cluster.World.Operator.Begin();
        cluster.Until(() => cluster.World.Quorum.Image.Topics.Find(Operator.Topic) is { } topic && topic.Id != old);
        away.Start();
        cluster.EndWell();
        Assert.Equal(cluster.Topic.Id, ScriptedCluster.Cell(away).Log.TopicId);
        Assert.Equal(ScriptedCluster.Cell(cluster.Leader).Log.LogEndOffset, ScriptedCluster.Cell(away).Log.LogEndOffset);
    }
}
