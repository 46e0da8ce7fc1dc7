using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Tests.World;

namespace RaftStream.Raft.Tests;

public sealed class VoterChangeTests
{
    [Fact]
    public void C_11_3_a_caught_up_observer_becomes_a_voter_and_counts()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode joining = cluster.Add(5, VoterSet.Empty);
        cluster.Run(2_000);
        long token = cluster.Ask(leader, Add(5));
        cluster.RunUntil(() => leader.Replies.ContainsKey(token));
        Assert.Equal(ErrorCode.None, leader.Replies[token].Error);
        cluster.RunUntil(() => cluster.Nodes.All(node => node.View.Voters.Contains(joining.Key)), 1_000);
        Assert.True(joining.View.IsVoter);
        Assert.Equal(3, leader.View.Voters.Majority);
    }

    [Fact]
    public void C_11_3_P15_an_id_that_votes_is_refused_whatever_its_disk()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        Assert.Equal(ErrorCode.DuplicateVoter, Ask(cluster, leader, Add(2)).Error);
        Assert.Equal(ErrorCode.DuplicateVoter, Ask(cluster, leader, Add(2, disk: 1)).Error);
    }

    [Fact]
    public void C_11_3_a_node_of_another_directory_at_that_place_is_refused()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Add(5, VoterSet.Empty, disk: 1);
        cluster.Run(1_000);
        long token = cluster.Ask(leader, Add(5, disk: 2));
        cluster.RunUntil(() => leader.Replies.ContainsKey(token));
        Assert.Equal(ErrorCode.InvalidRequest, leader.Replies[token].Error);
    }

    [Fact]
    public void C_11_3_a_node_that_does_not_answer_or_catch_up_times_out()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        long token = cluster.Ask(leader, Add(5));
        cluster.Run(4_999);
        Assert.DoesNotContain(token, leader.Replies.Keys);
        cluster.Run(2);
        Assert.Equal(ErrorCode.RequestTimedOut, leader.Replies[token].Error);
        Assert.Equal(3, leader.View.Voters.Voters.Length);
    }

    [Theory]
    [InlineData(-1, "h", 1)]
    [InlineData(5, "", 1)]
    [InlineData(5, "h", 0)]
    [InlineData(5, "h", 70_000)]
    public void C_11_3_an_impossible_voter_is_invalid(int id, string host, int port)
    {
        var cluster = new MemoryCluster(1);
        cluster.Run(10);
        var voter = new Voter(new ReplicaKey(new NodeId(id), Guid.NewGuid()), new RaftEndpoint(host, port));
        Assert.Equal(ErrorCode.InvalidRequest, Ask(cluster, cluster[0], Add(5) with { Voter = voter }).Error);
    }

    [Fact]
    public void C_11_2_P14_no_change_before_the_own_reign_is_committed()
    {
        var cluster = new MemoryCluster(3);
        cluster.HoldsFlushes = true;
        cluster.RunUntil(() => cluster.Nodes.Any(node => node.View.Role == RaftRole.Leader));
        MemoryNode leader = cluster.Leader;
        cluster.Run(50);
        Assert.Equal(ErrorCode.RequestTimedOut, Ask(cluster, leader, Remove(MemoryCluster.KeyOf(leader.Id == new NodeId(0) ? 1 : 0))).Error);
        Assert.Equal(ErrorCode.RequestTimedOut, Ask(cluster, leader, Add(5)).Error);
    }

    [Fact]
    public void C_11_2_one_change_at_a_time()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        cluster.Ask(leader, Add(5));
        Assert.Equal(ErrorCode.RequestTimedOut, Ask(cluster, leader, Add(6)).Error);
        ReplicaKey other = cluster.Nodes.First(node => node != leader).Key;
        Assert.Equal(ErrorCode.RequestTimedOut, Ask(cluster, leader, Remove(other)).Error);
    }

    [Fact]
    public void C_11_4_a_removed_voter_goes_on_as_observer_and_disturbs_nobody()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        MemoryNode removed = cluster.Nodes.First(node => node != leader);
        long token = cluster.Ask(leader, Remove(removed.Key));
        cluster.RunUntil(() => leader.Replies.ContainsKey(token));
        Assert.Equal(ErrorCode.None, leader.Replies[token].Error);
        cluster.Run(20_000);
        Assert.False(removed.View.IsVoter);
        Assert.Equal(RaftRole.Follower, removed.View.Role);
        Assert.Equal(1, leader.View.Epoch.Value);
        Assert.Equal(leader.Applied, removed.Applied);
    }

    [Fact]
    public void C_11_7_P9_a_voter_removed_while_cut_off_learns_of_it_and_disturbs_nobody()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        MemoryNode removed = cluster.Nodes.First(node => node != leader);
        cluster.Isolate(removed.Id.Value);
        long token = cluster.Ask(leader, Remove(removed.Key));
        cluster.RunUntil(() => leader.Replies.ContainsKey(token));
        cluster.Run(20_000);
        cluster.Heal();
        cluster.Run(20_000);
        Assert.Equal(1, leader.View.Epoch.Value);
        Assert.False(removed.View.IsVoter);
    }

    [Fact]
    public void C_11_4_P16_a_leader_that_removes_itself_leads_until_that_is_committed_and_is_not_counted()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        foreach (MemoryNode follower in cluster.Nodes.Where(node => node != leader))
        {
            follower.HoldsFlushes = true;
        }

        long token = cluster.Ask(leader, Remove(leader.Key));
        cluster.Run(100);
        Assert.Equal(RaftRole.Leader, leader.View.Role);
        MemoryNode one = cluster.Nodes.First(node => node != leader);
        one.HoldsFlushes = false;
        one.FinishFlush();
        cluster.Run(100);
        Assert.DoesNotContain(token, leader.Replies.Keys); // one of two is no majority, and the leader does not count
        MemoryNode two = cluster.Nodes.First(node => node != leader && node != one);
        two.HoldsFlushes = false;
        two.FinishFlush();
        cluster.RunUntil(() => leader.Replies.ContainsKey(token), 100);
        Assert.Equal(ErrorCode.None, leader.Replies[token].Error);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader));
        cluster.Run(20_000);
        Assert.Equal(RaftRole.Follower, leader.View.Role);
        Assert.Equal(2, cluster.Leader.View.Voters.Voters.Length);
    }

    [Fact]
    public void C_11_7_of_two_voters_the_one_that_removed_itself_and_fell_is_still_elected_until_that_is_committed()
    {
        // Raft thesis 4.2.2. The other's log is shorter, so it can win nothing without this one, which has left by its own log.
        var cluster = new MemoryCluster(2);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        MemoryNode other = cluster.Nodes.First(node => node != leader);
        cluster.Isolate(other.Id.Value);
        cluster.Ask(leader, Remove(leader.Key));
        cluster.Run(100);
        Assert.False(leader.View.IsVoter);
        MemoryNode back = cluster.Restart(leader.Id.Value);
        cluster.Heal();

        cluster.RunUntil(() => other.View.Role == RaftRole.Leader);

        cluster.Run(20_000);
        Assert.Equal(RaftRole.Leader, other.View.Role);
        Assert.False(back.View.IsVoter);
        Assert.Equal([other.Id], other.View.Voters.Voters.Select(voter => voter.Key.Id));
    }

    [Fact]
    public void C_11_4_unknown_keys_the_last_voter_and_dead_majorities_are_refused()
    {
        var alone = new MemoryCluster(1);
        alone.Run(10);
        Assert.Equal(ErrorCode.InvalidRequest, Ask(alone, alone[0], Remove(alone[0].Key)).Error);

        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        Assert.Equal(ErrorCode.VoterNotFound, Ask(cluster, leader, Remove(MemoryCluster.KeyOf(leader.Id.Value, disk: 3))).Error);
        MemoryNode dead = cluster.Nodes.First(node => node != leader);
        MemoryNode alive = cluster.Nodes.First(node => node != leader && node != dead);
        cluster.Isolate(dead.Id.Value);
        cluster.Run(2_600);
        Assert.Equal(ErrorCode.RequestTimedOut, Ask(cluster, leader, Remove(alive.Key)).Error);
    }

    [Fact]
    public void C_11_1_P17_voters_that_are_truncated_are_taken_back()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        MemoryNode other = cluster.Nodes.First(node => node != leader);
        cluster.Isolate(leader.Id.Value);
        cluster.Ask(leader, Remove(other.Key));
        Assert.Equal(2, leader.View.Voters.Voters.Length);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader));
        cluster.Heal();
        cluster.RunUntil(() => leader.Applied == cluster.Leader.Applied && leader.View.Epoch == cluster.Leader.View.Epoch && leader.View.HighWatermark == cluster.Leader.View.LogEnd);
        Assert.Equal(3, leader.View.Voters.Voters.Length);
        Assert.Equal(3, leader.All<RaftEffect.VotersChanged>().Last().Voters.Voters.Length);
    }

    [Fact]
    public void C_11_5_a_voter_that_moved_says_so()
    {
        var moved = new RaftEndpoint("node2", 9002);
        var cluster = new MemoryCluster(3, configure: start => start.Local.Id.Value == 2 ? start with { Endpoint = moved } : start, starts: false);
        var old = new VoterSet(cluster.Formatted.Voters.Select(voter =>
            voter.Key.Id.Value == 2 ? voter with { Endpoint = new RaftEndpoint("elsewhere", 1) } : voter));
        for (int id = 0; id < 3; id++)
        {
            cluster.Add(id, old);
        }

        cluster.RunUntil(() => cluster.Nodes.All(node => node.View.Voters.Find(new NodeId(2))!.Endpoint == moved), 60_000);
    }

    [Fact]
    public void C_11_5_updates_of_strangers_and_other_epochs_are_refused()
    {
        var cluster = new MemoryCluster(1);
        cluster.Run(10);
        MemoryNode leader = cluster[0];
        var update = new RaftRequest.UpdateVoter { ClusterId = MemoryCluster.ClusterId, Epoch = leader.View.Epoch, Voter = leader.View.Voters.Voters[0] };
        Assert.Equal(ErrorCode.None, Ask(cluster, leader, update).Error);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, Ask(cluster, leader, update with { Epoch = new LeaderEpoch(0) }).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, Ask(cluster, leader, update with { Epoch = new LeaderEpoch(9) }).Error);
        Assert.Equal(ErrorCode.VoterNotFound, Ask(cluster, leader, update with { Voter = Add(5).Voter }).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Ask(cluster, leader, update with { Voter = update.Voter with { Endpoint = new RaftEndpoint("", 1) } }).Error);
    }

    [Fact]
    public void C_11_6_an_observer_that_may_joins_by_itself_in_place_of_its_old_disk()
    {
        var cluster = new MemoryCluster(3, configure: start => start with { Options = start.Options with { AutoJoin = true } });
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        int id = cluster.Nodes.First(node => node != leader).Id.Value;
        cluster.Stop(id);
        MemoryNode wiped = cluster.Add(id, VoterSet.Empty, disk: 7);
        cluster.RunUntil(() => wiped.View.IsVoter && leader.View.Voters.Contains(wiped.Key), 60_000);
        Assert.Equal(3, leader.View.Voters.Voters.Length);
    }

    [Fact]
    public void C_11_6_a_pending_change_of_a_leader_that_lost_its_reign_is_answered()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        long token = cluster.Ask(leader, Add(5));
        leader.Step(new RaftEvent.ResignRequested(leader.View.Epoch));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, leader.Replies[token].Error);
    }

    [Fact]
    public void S_7_6_describe_quorum_shows_voters_and_observers_and_only_the_leader_answers()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode observer = cluster.Add(10, VoterSet.Empty, canVote: false);
        cluster.Run(2_000);
        var request = new RaftRequest.DescribeQuorum { ClusterId = MemoryCluster.ClusterId };
        var described = Assert.IsType<RaftResponse.DescribeQuorum>(Ask(cluster, leader, request));
        Assert.Equal([0, 1, 2, 10], described.Replicas.Select(replica => replica.Key.Id.Value));
        Assert.Equal([true, true, true, false], described.Replicas.Select(replica => replica.IsVoter));
        Assert.All(described.Replicas, replica => Assert.Equal(leader.View.LogEnd, replica.LogEnd));
        Assert.Equal(leader.View.HighWatermark, described.HighWatermark);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Ask(cluster, observer, request).Error);
    }

    private static RaftRequest.AddVoter Add(int id, int disk = 0) => new()
    {
        ClusterId = MemoryCluster.ClusterId,
        Voter = new Voter(MemoryCluster.KeyOf(id, disk), MemoryCluster.PlaceOf(id)),
        TimeoutMs = 5_000,
    };

    private static RaftRequest.RemoveVoter Remove(ReplicaKey key) =>
        new() { ClusterId = MemoryCluster.ClusterId, Key = key, TimeoutMs = 5_000 };

    private static RaftResponse Ask(MemoryCluster cluster, MemoryNode node, RaftRequest request) => node.Replies[cluster.Ask(node, request)];
}
