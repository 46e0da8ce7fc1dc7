using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Known bugs of in-sync replicas and elections, step by step (P49 to P77, P110, L-13).</summary>
public sealed class IsrBugTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("revert-after-refusal")]
    public void P49_a_refused_proposal_whose_copy_is_carried_out_later_harms_nobody(string? mutant)
    {
        string? broken = ScriptedCluster.Broken(() =>
        {
            var cluster = new ScriptedCluster(mutant);
            BrokerMachine leader = cluster.Leader;
            BrokerMachine follower = cluster.Followers[0];
            cluster.WriteAndWait();
            cluster.Cut(leader, follower);
            cluster.Write(leader);
            cluster.Until(() => !cluster.State.Isr.Contains(follower.Id)); // it lags, and leaves
            leader.MetadataLagMs = 20_000; // from here on the leader believes that the follower is active
            Func<IsrOutcome> copy = cluster.Proposal([.. cluster.World.Brokers.Where(broker => cluster.State.Isr.Contains(broker.Id)), follower]);
            cluster.Join();
            cluster.CutFromControllers(follower);
            cluster.Cut(leader, follower);
            cluster.Until(() => !cluster.World.Quorum.Image.Brokers.IsActive(follower.Id));
            cluster.Join();
            cluster.CutFromControllers(follower);
            cluster.Until(() => cluster.World.Marks.Counts.ContainsKey("proposal refused"));
            cluster.Join();
            cluster.Until(() => cluster.World.Quorum.Image.Brokers.IsActive(follower.Id));
            IsrOutcome late = copy();
            Assert.True(mutant is not null || late.Error == ErrorCode.InvalidUpdateVersion, $"{late.Error}");
            cluster.Write(leader);
            cluster.Run(100);
            cluster.EndWell();
        });
        Assert.Equal(mutant is null ? null : "S-R6", broken?[..4]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no-partition-epoch-check")]
    public void P49_a_proposal_on_an_older_state_is_not_carried_out(string? mutant)
    {
        string? broken = ScriptedCluster.Broken(() =>
        {
            var cluster = new ScriptedCluster(mutant);
            BrokerMachine leader = cluster.Leader;
            BrokerMachine follower = cluster.Followers[0];
            Func<IsrOutcome> copy = cluster.Proposal(cluster.World.Brokers);
            cluster.Cut(follower, cluster.World.Brokers.Where(other => other != follower));
            cluster.Write(leader);
            cluster.Until(() => !cluster.State.Isr.Contains(follower.Id));
            cluster.WriteAndWait();
            Assert.True(mutant is not null || copy().Error == ErrorCode.InvalidUpdateVersion);
            copy();
            cluster.EndWell();
        });
        Assert.Equal(mutant is null ? null : "S-R", broken?[..3]);
    }

    [Fact]
    public void P50_a_deposed_controller_does_not_stop_a_leader_from_changing_its_isr()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine follower = cluster.Followers[0];
        follower.Kill();
        cluster.Until(() => !cluster.State.Isr.Contains(follower.Id));
        cluster.World.Quorum.Depose(crashes: false);
        follower.Start();
        cluster.EndWell();
    }

    [Fact]
    public void P52_a_broker_that_shuts_down_does_not_join_again()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine leaving = cluster.Leader;
        cluster.WriteAndWait();
        leaving.Process!.Do(leaving.Process.Stop);
        cluster.Until(() => cluster.State.Leader != leaving.Id && !cluster.State.Isr.Contains(leaving.Id));
        while (leaving.IsUp)
        {
            cluster.Run(10);
            Assert.DoesNotContain(leaving.Id, cluster.State.Isr);
        }

        leaving.Start();
        cluster.EndWell();
        Assert.Contains("controlled shutdown", cluster.World.Marks.Counts.Keys);
    }

    [Fact]
    public void P53_a_minimum_that_changes_back_and_forth_behind_a_leaders_back_loses_nothing()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine leader = cluster.Leader;
        List<BrokerMachine> others = cluster.Followers;
        cluster.WriteAndWait();
        others.ForEach(broker => broker.Kill());
        cluster.Until(() => cluster.State.Isr.Length == 1 && cluster.State.Elr.Length == 1);
        BrokerMachine eligible = cluster[cluster.State.Elr[0].Value];
        leader.MetadataLagMs = 1_000;
        SetMinIsr(cluster, 1);
        SetMinIsr(cluster, 2);
        Assert.Empty(cluster.State.Elr); // judged anew: the leader may have committed alone
        Written written = cluster.Write(leader, RequiredAcks.Leader);
        cluster.Run(3_000);
        Assert.Equal(ErrorCode.None, written.Error);
        leader.Kill();
        eligible.Start();
        cluster.Until(() => cluster.State.Isr.IsEmpty);
        cluster.Run(2_000);
        Assert.Equal(NodeId.None, cluster.State.Leader); // only the leader itself is known to have everything
        cluster.EndWell();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("min-isr-not-stamped")]
    public void P53_a_leader_goes_by_the_minimum_that_was_stamped_when_it_was_judged_who_is_eligible(string? mutant)
    {
        string? broken = ScriptedCluster.Broken(() =>
        {
            var cluster = new ScriptedCluster(mutant);
            BrokerMachine leader = cluster.Leader;
            List<BrokerMachine> others = cluster.Followers;
            cluster.WriteAndWait();
            others.ForEach(broker => broker.Kill());
            cluster.Until(() => cluster.State.Isr.Length == 1 && cluster.State.Elr.Length == 1);
            SetMinIsr(cluster, 1);
            Reassign(cluster, [leader.Id, others[1].Id, others[0].Id]); // the same replicas: only the partition epoch moves
            cluster.Run(500);
            cluster.Write(leader, RequiredAcks.Leader);
            cluster.Run(1_000);
            SetMinIsr(cluster, 2);
            cluster.EndWell();
        });
        Assert.Equal(mutant is null ? null : "S-R2", broken?[..4]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("advance-below-min-isr")]
    public void P54_below_the_minimum_nothing_is_committed(string? mutant)
    {
        string? broken = ScriptedCluster.Broken(() =>
        {
            var cluster = new ScriptedCluster(mutant);
            BrokerMachine leader = cluster.Leader;
            List<BrokerMachine> others = cluster.Followers;
            others.ForEach(broker => broker.Kill());
            cluster.Until(() => cluster.State.Isr.Length == 1);
            cluster.Run(500);
            Offset before = ScriptedCluster.Cell(leader).HighWatermark;
            Assert.Equal(ErrorCode.NotEnoughReplicas, cluster.Write(leader).Error);
            cluster.Write(leader, RequiredAcks.Leader);
            cluster.Run(1_000);
            Assert.Equal(before, ScriptedCluster.Cell(leader).HighWatermark);
            others.ForEach(broker => broker.Start());
            cluster.EndWell();
        });
        Assert.Equal(mutant is null ? null : "S-R2", broken?[..4]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("act-before-registration")]
    public void P56_a_restarted_leader_does_not_go_on_in_the_epoch_of_its_former_incarnation(string? mutant)
    {
        string? broken = ScriptedCluster.Broken(() =>
        {
            var cluster = new ScriptedCluster(mutant);
            BrokerMachine leader = cluster.Leader;
            cluster.WriteAndWait();
            cluster.CutFromControllers(leader);
            leader.Kill();
            leader.Start();
            Written written = cluster.Write(leader, RequiredAcks.Leader);
            cluster.Run(200);
            Assert.NotEqual(ErrorCode.None, written.Error);
            cluster.EndWell();
        });
        Assert.Equal(mutant is null ? null : "S-R", broken?[..3]);
    }

    [Fact]
    public void P57_P62_a_replica_that_is_removed_and_added_again_is_counted_from_the_beginning()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine leader = cluster.Leader;
        BrokerMachine follower = cluster.Followers[1];
        ImmutableArray<NodeId> all = cluster.State.Replicas;
        LeaderEpoch epoch = cluster.State.LeaderEpoch;
        for (int i = 0; i < 5; i++)
        {
            cluster.WriteAndWait();
        }

        leader.MetadataLagMs = 500;
        Reassign(cluster, all.Remove(follower.Id));
        Reassign(cluster, all);
        cluster.Write(leader, RequiredAcks.Leader);
        cluster.EndWell();
        Assert.Equal(leader.Id, cluster.State.Leader);
        Assert.True(cluster.State.LeaderEpoch > epoch); // the same leader, and whoever was removed is fenced (R-2.2)
        Assert.Equal(all.Length, cluster.State.Isr.Length);
    }

    [Fact]
    public void P58_the_last_replica_standing_is_not_the_only_one_that_may_lead()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine last = cluster.Leader;
        List<BrokerMachine> others = cluster.Followers;
        Offset written = cluster.WriteAndWait();
        others.ForEach(broker => broker.Kill());
        cluster.Until(() => cluster.State.Isr.Length == 1);
        BrokerMachine eligible = cluster[Assert.Single(cluster.State.Elr).Value]; // the other one left while the ISR was large enough
        last.LosePower();
        cluster.Until(() => cluster.State.Isr.IsEmpty);
        eligible.Start();
        cluster.UntilLeads(eligible);
        Assert.True(ScriptedCluster.Cell(eligible).Log.LogEndOffset > written);
        cluster.EndWell();
    }

    [Fact]
    public void P73_a_reassignment_survives_the_death_of_the_old_replica_and_can_be_cancelled()
    {
        var cluster = new ScriptedCluster(configure: options => options with { Brokers = 4, ReplicationFactor = 3 });
        BrokerMachine spare = cluster.World.Brokers.Single(broker => !cluster.State.Replicas.Contains(broker.Id));
        cluster.WriteAndWait();
        spare.Kill();
        Reassign(cluster, [spare.Id, cluster.State.Replicas[1], cluster.State.Replicas[2]]);
        cluster.Until(() => cluster.State.Replicas.Length == 4);
        cluster.Leader.Kill();
        cluster.Run(3_000);
        Reassign(cluster, null);
        cluster.Until(() => cluster.State.Replicas.Length == 3 && !cluster.State.Replicas.Contains(spare.Id));
        cluster.Until(() => cluster.State.Leader != NodeId.None);
        spare.Start();
        Reassign(cluster, [spare.Id, cluster.State.Replicas[1], cluster.State.Replicas[2]]);
        cluster.EndWell();
        Assert.Equal(spare.Id, cluster.State.Replicas[0]);
        Assert.Equal(3, cluster.State.Replicas.Length);
    }

    [Fact]
    public void P76_a_committed_shrink_alone_completes_what_waits()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine follower = cluster.Followers[0];
        cluster.Cut(follower, cluster.World.Brokers.Where(other => other != follower));
        Written written = cluster.Write(cluster.Leader);
        cluster.Run(500);
        Assert.Null(written.Error);
        cluster.Until(() => written.Error is not null, cluster.World.Options.ReplicaLagMaxMs * 2);
        Assert.Equal(ErrorCode.None, written.Error);
        cluster.EndWell();
    }

    [Fact]
    public void P77_a_follower_whose_disk_hangs_leaves_the_isr()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine follower = cluster.Followers[0];
        follower.FlushMs = 30_000;
        Written written = cluster.Write(cluster.Leader);
        cluster.Until(() => written.Error is not null, cluster.World.Options.ReplicaLagMaxMs * 2);
        Assert.Equal(ErrorCode.None, written.Error);
        Assert.DoesNotContain(follower.Id, cluster.State.Isr);
        cluster.EndWell();
    }

    [Fact]
    public void P110_P111_a_minority_is_never_promoted_and_reads_show_only_what_stays()
    {
        var cluster = new ScriptedCluster();
        BrokerMachine minority = cluster.Leader;
        cluster.WriteAndWait();
        cluster.Isolate(minority);
        Written lonely = cluster.Write(minority, timeoutMs: 5_000);
        cluster.Until(() => cluster.State.Leader != minority.Id && cluster.State.Leader != NodeId.None);
        Offset kept = cluster.WriteAndWait();
        cluster.Until(() => lonely.Error is not null);
        Assert.Equal(ErrorCode.RequestTimedOut, lonely.Error);
        Assert.True(ScriptedCluster.Cell(minority).HighWatermark <= kept);
        cluster.EndWell();
    }

    [Fact]
    public void P112_with_flush_commit_an_acknowledgement_survives_the_power_loss_of_all()
    {
        var cluster = new ScriptedCluster();
        for (int round = 0; round < 5; round++)
        {
            cluster.WriteAndWait();
            foreach (BrokerMachine broker in cluster.World.Brokers)
            {
                broker.LosePower();
                broker.Start();
            }

            cluster.Until(() => cluster.State.Leader != NodeId.None && cluster.State.Isr.Length >= cluster.State.MinIsr);
        }

        cluster.EndWell();
    }

    [Fact]
    public void L_13_after_the_kill_of_a_leader_writes_succeed_within_a_second()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            var cluster = new ScriptedCluster(seed: seed);
            cluster.WriteAndWait();
            BrokerMachine killed = cluster.Leader;
            killed.Kill();
            long began = cluster.World.Agenda.NowMs;
            cluster.World.Quorum.Leader!.Step(new ControllerEvent.BrokerDisconnected(killed.Id)); // R-17.3: the hint came
            cluster.Until(() => cluster.State.Leader != killed.Id);
            cluster.WriteAndWait();
            Assert.InRange(cluster.World.Agenda.NowMs - began, 1, 1_000);
        }
    }

    private static void SetMinIsr(ScriptedCluster cluster, int value)
    {
        var alteration = new ConfigAlteration(
            ConfigOwner.Topic(Operator.Topic), [new ConfigChange(TopicConfigKeys.MinInsyncReplicas, value.ToString(CultureInfo.InvariantCulture))]);
        ImmutableArray<ConfigOutcome> outcomes = cluster.Ask<ImmutableArray<ConfigOutcome>>(ControllerOperation.Of(
            "alter configs", image => ConfigControl.Alter(image, cluster.World.Options.ControllerOptions.Settings, [alteration], validateOnly: false)));
        Assert.Null(outcomes[0].Error);
    }

    private static void Reassign(ScriptedCluster cluster, ImmutableArray<NodeId>? target)
    {
        var reference = new PartitionReference(new TopicReference(Operator.Topic, cluster.Topic.Id), 0);
        ImmutableArray<PartitionOutcome> outcomes = cluster.Ask<ImmutableArray<PartitionOutcome>>(ControllerOperation.Of(
            "reassign", image => ReassignmentControl.Alter(image, cluster.World.Options.ControllerOptions.Settings, [new Reassignment(reference, target)], allowFactorChange: true)));
        Assert.Null(outcomes[0].Error);
    }
}
