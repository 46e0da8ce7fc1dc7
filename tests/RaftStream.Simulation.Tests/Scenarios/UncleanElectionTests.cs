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
}
