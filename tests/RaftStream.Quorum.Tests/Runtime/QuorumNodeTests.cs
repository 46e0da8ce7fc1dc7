using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Replicas;
using RaftStream.Quorum.Runtime;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Quorum.Tests.Runtime;

public sealed class QuorumNodeTests
{
    [Fact]
    public async Task A_quorum_of_one_answers_and_remembers_over_a_crash_and_a_stop()
    {
        await using var quorum = new RunningQuorum(1);
        await quorum.StartAllAsync();
        await quorum.SetAsync("a", "1");
        await quorum.KillAsync(0);
        await quorum.StartAsync(0);
        await quorum.LeaderAsync();
        Assert.Equal("1", RunningQuorum.Get(quorum[0].Committed, "a"));
        await quorum.SetAsync("b", "2");
        await quorum.StopAsync(0);
        await quorum.StartAsync(0);
        await quorum.LeaderAsync();
        Assert.Equal("2", RunningQuorum.Get(quorum[0].Committed, "b"));
    }

    [Fact]
    public async Task Three_nodes_agree_and_go_on_without_their_leader()
    {
        await using var quorum = new RunningQuorum(3);
        await quorum.StartAllAsync();
        await quorum.SetAsync("a", "1");
        await RunningQuorum.UntilAsync(() => quorum.Nodes.All(node => RunningQuorum.Get(node.Committed, "a") == "1"));
        int leader = await quorum.LeaderAsync();
        await quorum.KillAsync(leader);
        await quorum.SetAsync("b", "2");
        await quorum.StartAsync(leader);
        await RunningQuorum.UntilAsync(() => quorum.Nodes.All(node => RunningQuorum.Get(node.Committed, "b") == "2"));
    }

    [Fact]
    public async Task C_8_7_a_leader_that_stops_hands_over_and_nothing_is_lost()
    {
        await using var quorum = new RunningQuorum(3);
        await quorum.StartAllAsync();
        await quorum.SetAsync("a", "1");
        int leader = await quorum.LeaderAsync();
        QuorumNode old = quorum[leader];
        await quorum.StopAsync(leader);
        int next = await quorum.LeaderAsync();
        Assert.NotEqual(leader, next);
        QuorumNode follower = quorum[Enumerable.Range(0, 3).First(id => id != leader && id != next)];
        await quorum.StopAsync(Enumerable.Range(0, 3).First(id => id != leader && id != next)); // with a fetch under way
        Assert.False(old.Failure.IsCompleted || follower.Failure.IsCompleted);
        Assert.Equal("1", RunningQuorum.Get(quorum[next].Committed, "a"));
    }

    [Fact]
    public async Task C_10_4_a_broker_that_comes_late_gets_a_snapshot_and_follows()
    {
        await using var quorum = new RunningQuorum(3) { Upkeep = new UpkeepOptions { SnapshotBytes = 2_000, RetainBytes = 1_000 } };
        await quorum.StartAllAsync();
        for (int i = 0; i < 60; i++)
        {
            await quorum.SetAsync("k" + i, new string('v', 100));
        }

        await RunningQuorum.UntilAsync(() => quorum.Nodes.Any(node => node.IsActive && node.View!.LogStart.Value > 0));
        QuorumNode broker = await quorum.StartAsync(10, canVote: false);
        await RunningQuorum.UntilAsync(() => RunningQuorum.Get(broker.Committed, "k59") is not null);
        Assert.True(broker.View!.LogStart.Value > 0);
        Assert.False(broker.View.IsVoter);
        await quorum.SetAsync("later", "1");
        await RunningQuorum.UntilAsync(() => RunningQuorum.Get(broker.Committed, "later") == "1");
        await quorum.KillAsync(10);
    }

    [Fact]
    public async Task C_11_voters_come_and_go_by_requests_over_the_network()
    {
        await using var quorum = new RunningQuorum(3);
        await quorum.StartAllAsync();
        int leader = await quorum.LeaderAsync();
        await using var peers = new QuorumPeers(TimeSpan.FromSeconds(10));
        var describe = new RaftRequest.DescribeQuorum { ClusterId = RunningQuorum.ClusterId };
        var described = Assert.IsType<RaftResponse.DescribeQuorum>(await CallAsync(quorum, peers, leader, describe));
        Assert.Equal(3, described.Voters.Voters.Length);

        Voter gone = described.Voters.Voters.First(voter => voter.Key.Id.Value != leader);
        var remove = new RaftRequest.RemoveVoter { ClusterId = RunningQuorum.ClusterId, Key = gone.Key, TimeoutMs = 5_000 };
        Assert.Equal(ErrorCode.None, (await CallAsync(quorum, peers, leader, remove)).Error);
        Assert.Equal(ErrorCode.VoterNotFound, (await CallAsync(quorum, peers, leader, remove)).Error);
        var add = new RaftRequest.AddVoter { ClusterId = RunningQuorum.ClusterId, Voter = gone, TimeoutMs = 5_000 };
        Assert.Equal(ErrorCode.None, (await CallAsync(quorum, peers, leader, add)).Error);
        Assert.Equal(ErrorCode.DuplicateVoter, (await CallAsync(quorum, peers, leader, add)).Error);

        var transfer = new RaftRequest.TransferLeadership { ClusterId = RunningQuorum.ClusterId, Preferred = gone.Key.Id };
        Assert.Equal(ErrorCode.None, (await CallAsync(quorum, peers, leader, transfer)).Error);
        await RunningQuorum.UntilAsync(() => quorum.Nodes.Any(node => node.IsActive) && !quorum[leader].IsActive);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await CallAsync(quorum, peers, leader, describe)).Error);
    }

    [Fact]
    public async Task S_7_another_cluster_is_refused()
    {
        await using var quorum = new RunningQuorum(1);
        await quorum.StartAllAsync();
        await using var peers = new QuorumPeers(TimeSpan.FromSeconds(5));
        foreach (Guid? other in new Guid?[] { null, Guid.NewGuid() })
        {
            RaftResponse response = await CallAsync(quorum, peers, 0, new RaftRequest.DescribeQuorum { ClusterId = other });
            Assert.Equal(ErrorCode.InconsistentClusterId, response.Error);
        }
    }

    [Fact]
    public async Task S_7_a_folder_of_another_cluster_is_told_whose_controllers_answer()
    {
        await using var quorum = new RunningQuorum(1);
        await quorum.StartAllAsync();
        var stranger = Guid.NewGuid();
        await using QuorumNode node = await quorum.StartStrangerAsync(stranger);

        await RunningQuorum.UntilAsync(() => node.OtherCluster is not null);

        Assert.Equal(RunningQuorum.ClusterId, node.OtherCluster);
        Assert.Contains($"belong to cluster {RunningQuorum.ClusterId}, this folder to cluster {stranger}", node.WhyNoLeader, StringComparison.Ordinal);
        QuorumNode own = await quorum.StartAsync(7, canVote: false);
        await RunningQuorum.UntilAsync(() => own.Leader.Id != NodeId.None);
        Assert.Null(own.OtherCluster);
    }

    [Fact]
    public async Task A_node_that_does_not_lead_says_so()
    {
        await using var quorum = new RunningQuorum(3);
        await quorum.StartAllAsync();
        int leader = await quorum.LeaderAsync();
        (_, OperationError? error) = await quorum[(leader + 1) % 3].SubmitAsync(RunningQuorum.Set("a", "1"));
        Assert.Equal(ErrorCode.NotController, error?.Code);
    }

    [Fact]
    public async Task C_1_4_an_operation_that_throws_stops_the_node_and_says_why()
    {
        await using var quorum = new RunningQuorum(1);
        await quorum.StartAllAsync();
        await quorum.LeaderAsync();
        List<Task<(object?, OperationError?)>> behind = [];
        Task<(object?, OperationError?)> waiting = quorum[0].SubmitAsync(
            new Metadata.Control.ControllerOperation("broken", _ => throw new InvalidOperationException("a bug")));
        try
        {
            behind.AddRange(Enumerable.Range(0, 50).Select(i => quorum[0].SubmitAsync(RunningQuorum.Set("b", "" + i))));
        }
        catch (QuorumStoppedException)
        {
            // It has stopped already.
        }

        Assert.Contains("a bug", await quorum[0].Failure, StringComparison.Ordinal);
        foreach (Task<(object?, OperationError?)> task in behind)
        {
            await Assert.ThrowsAsync<QuorumStoppedException>(() => task); // nobody is left waiting
        }

        await Assert.ThrowsAsync<QuorumStoppedException>(() => waiting);
        await Assert.ThrowsAsync<QuorumStoppedException>(() => quorum[0].SubmitAsync(RunningQuorum.Set("a", "1")));
    }

    [Fact]
    public async Task A_stopped_node_is_stopped_once_and_takes_nothing_more()
    {
        await using var quorum = new RunningQuorum(1);
        await quorum.StartAllAsync();
        QuorumNode node = quorum[0];
        await quorum.StopAsync(0);
        await node.StopAsync();
        await Assert.ThrowsAsync<QuorumStoppedException>(() => node.SubmitAsync(RunningQuorum.Set("a", "1")));
        await Assert.ThrowsAsync<QuorumStoppedException>(
            () => node.AskAsync(new RaftRequest.DescribeQuorum { ClusterId = null }, CancellationToken.None));
    }

    private static async Task<RaftResponse> CallAsync(RunningQuorum quorum, QuorumPeers peers, int id, RaftRequest request)
    {
        (RaftResponse? response, _) = await peers.CallAsync(quorum.Voters[id].Endpoint, request, CancellationToken.None);
        return response ?? throw new InvalidOperationException("No answer.");
    }
}
