using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Tests.World;

namespace RaftStream.Raft.Tests;

/// <summary>C-5.6: of voters that miss their leader at once one goes first.</summary>
public sealed class YieldTests
{
    [Fact]
    public void C_5_6_two_followers_that_miss_their_leader_at_once_do_not_split_the_votes()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            (MemoryCluster cluster, MemoryNode leader) = Led(3, seed);
            cluster.Isolate(leader.Id.Value);
            Assert.Equal(1, EpochsToNextLeader(cluster, leader));
        }
    }

    [Fact]
    public void C_5_6_without_that_rule_they_do()
    {
        Assert.Contains(Enumerable.Range(0, 100), seed =>
        {
            (MemoryCluster cluster, MemoryNode leader) = Led(3, seed, sabotage: RaftSabotage.NoYield);
            cluster.Isolate(leader.Id.Value);
            return EpochsToNextLeader(cluster, leader) > 1;
        });
    }

    [Fact]
    public void C_5_6_who_gave_way_in_vain_do_not_stand_together()
    {
        int spent = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            (MemoryCluster cluster, MemoryNode leader) = Led(5, seed);
            cluster.Isolate(leader.Id.Value);
            MemoryNode deaf = cluster.Nodes.First(node => node != leader); // the lowest id: it is heard, and cannot win
            foreach (MemoryNode other in cluster.Nodes)
            {
                cluster.Cut(other.Id.Value, deaf.Id.Value);
            }

            spent += EpochsToNextLeader(cluster, leader);
        }

        Assert.InRange(spent, 40, 44);
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(0, -1, true)]
    [InlineData(0, 1, false)]
    [InlineData(-1, -1, false)]
    public void C_5_6_a_prospective_gives_way_to_a_longer_log_and_to_a_lower_id_once(int longer, int higher, bool givesWay)
    {
        (MemoryCluster cluster, MemoryNode voter) = Prospective();
        long beganMs = cluster.NowMs;
        Assert.Equal(longer >= 0, PreVote(cluster, voter, longer, higher));
        cluster.Run(100);
        Assert.Equal(givesWay ? RaftRole.Prospective : RaftRole.Leader, voter.View.Role);
        while (voter.View.Role == RaftRole.Prospective && cluster.NowMs < beganMs + 400)
        {
            PreVote(cluster, voter, longer, higher); // again and again: it does not wait again
            cluster.Run(20);
        }

        cluster.RunUntil(() => voter.View.Role == RaftRole.Leader, 20);
        Assert.Equal(givesWay, cluster.NowMs >= beganMs + 200);
    }

    [Fact]
    public void C_5_6_a_prospective_gives_way_no_longer_than_its_own_timer_runs()
    {
        (MemoryCluster cluster, MemoryNode voter) = Prospective(options => options with { ElectionTimeoutMs = 50 });
        long beganMs = cluster.NowMs;
        while (voter.View.Role == RaftRole.Prospective)
        {
            Assert.True(PreVote(cluster, voter, longer: 1, higher: 1));
            cluster.Run(10);
        }

        Assert.True(voter.View.Role is RaftRole.Candidate or RaftRole.Leader);
        Assert.InRange(cluster.NowMs - beganMs, 50, 110);
    }

    /// <summary>A cluster with a leader that all have fetched from for a while.</summary>
    private static (MemoryCluster Cluster, MemoryNode Leader) Led(
        int voters, int seed, Func<RaftOptions, RaftOptions>? configure = null, RaftSabotage sabotage = RaftSabotage.None)
    {
        var cluster = new MemoryCluster(voters, seed, start => start with
        {
            Options = configure?.Invoke(start.Options) ?? start.Options,
            Sabotage = sabotage,
        });
        MemoryNode leader = cluster.Elect();
        cluster.Run(5_000);
        Assert.Equal(leader, cluster.Leader);
        return (cluster, leader);
    }

    private static int EpochsToNextLeader(MemoryCluster cluster, MemoryNode leader)
    {
        int epoch = leader.View.Epoch.Value;
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader));
        return cluster.Leader.View.Epoch.Value - epoch;
    }

    /// <summary>A voter that has just asked for pre-votes, which another one will grant that does not stand itself.</summary>
    private static (MemoryCluster Cluster, MemoryNode Voter) Prospective(Func<RaftOptions, RaftOptions>? configure = null)
    {
        (MemoryCluster cluster, MemoryNode leader) = Led(3, seed: 1, configure);
        MemoryNode[] others = [.. cluster.Nodes.Where(node => node != leader)];
        cluster.Isolate(leader.Id.Value);
        others[0].Step(new RaftEvent.ShutdownRequested());
        foreach (MemoryNode node in others)
        {
            node.Step(new RaftEvent.ConnectionLost(leader.Id));
        }

        cluster.RunUntil(() => others[1].View.Role == RaftRole.Prospective);
        return (cluster, others[1]);
    }

    /// <summary>Somebody asks for a pre-vote whose log is so much longer and whose id is so much higher.</summary>
    /// <returns>Whether it is granted.</returns>
    private static bool PreVote(MemoryCluster cluster, MemoryNode voter, int longer, int higher)
    {
        long token = cluster.Ask(voter, new RaftRequest.Vote
        {
            ClusterId = MemoryCluster.ClusterId,
            Epoch = voter.View.Epoch,
            Candidate = MemoryCluster.KeyOf(voter.Id.Value + higher),
            Target = voter.Key,
            LastEpoch = voter.View.Epoch,
            LastOffset = new Offset(voter.View.LogEnd.Value + longer),
            PreVote = true,
        });
        return Assert.IsType<RaftResponse.Vote>(voter.Replies[token]).Granted;
    }
}
