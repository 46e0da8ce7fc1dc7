using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Faults replace disks only where a copy is left (F-6): else no partition could be asked to have a leader again (L-5).</summary>
public sealed class ReplacedDiskTests
{
    [Fact]
    public void F_6_the_disk_of_a_last_leader_stays_while_nobody_else_is_known_to_hold_everything() // step 3, R-9.5
    {
        var cluster = new ScriptedCluster(configure: options => options with { WipesDisks = true, FlushesOnCommit = false, MinIsr = 1 });
        BrokerMachine leader = cluster.Leader;
        List<BrokerMachine> others = cluster.Followers;
        foreach (BrokerMachine other in others)
        {
            other.Process!.Do(other.Process.Stop);
        }

        cluster.Until(() => others.All(other => !other.IsUp) && cluster.State.Isr.Length == 1);
        cluster.WriteAndWait(); // only it has that
        leader.Kill();
        leader.Start();
        cluster.Until(() => cluster.State.Isr.IsEmpty && cluster.State.Elr.IsEmpty);
        Assert.Equal(leader.Id, cluster.State.LastKnownLeader);

        Assert.True(cluster.World.Faults.MayLose(leader));
        Assert.False(cluster.World.Faults.MayWipe(leader));

        cluster.UntilLeads(leader);
        others.ForEach(other => other.Start());
        cluster.EndWell();
    }

    [Fact]
    public void F_6_no_partition_begins_with_an_empty_disk_as_the_only_one_to_count_on()
    {
        var cluster = new ScriptedCluster(configure: options => options with { WipesDisks = true });
        BrokerMachine replaced = cluster.Followers[0];
        NodeId other = cluster.Followers[1].Id;
        PartitionState alone = cluster.State with { Isr = [replaced.Id], Elr = [], Leader = replaced.Id, MinIsr = 1 };
        Assert.True(cluster.World.Faults.MayCreate([alone]));
        replaced.Wipe();

        Assert.False(cluster.World.Faults.MayCreate([cluster.State with { Isr = [other], Leader = other }, alone]));
        Assert.False(cluster.World.Faults.MayCreate([alone with { Isr = [replaced.Id, other] }])); // the other may leave it
        Assert.True(cluster.World.Faults.MayCreate([alone with { Elr = [other], MinIsr = 2 }]));
        Assert.True(cluster.World.Faults.MayCreate([alone with { Isr = [other], Leader = other }]));

        replaced.Start();
        cluster.Until(() => !replaced.IsWiped);
        Assert.True(cluster.World.Faults.MayCreate([alone]));
        cluster.EndWell();
    }

    [Fact]
    public void F_6_a_topic_waits_until_the_controller_knows_of_the_empty_disk()
    {
        int waited = 0;
        for (ulong seed = 1; seed <= 6; seed++)
        {
            var cluster = new ScriptedCluster(seed: seed, configure: options => options with { WipesDisks = true, MinIsr = 1 });
            BrokerMachine replaced = cluster.Followers[0];
            replaced.Wipe();
            cluster.World.Operator.CreateSecond();

            cluster.Until(() => cluster.World.Quorum.Image.Topics.Find(Operator.SecondTopic) is not null);

            PartitionState state = cluster.World.Quorum.Image.Topics.Find(Operator.SecondTopic)!.Partitions[0];
            Assert.DoesNotContain(replaced.Id, state.Isr);
            waited += cluster.World.Marks.Counts.ContainsKey("topic waits for a replaced disk") ? 1 : 0;
        }

        Assert.NotEqual(0, waited);
    }
}
