using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Tests.World;

namespace RaftStream.Raft.Tests;

public sealed class ElectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void L_1_voters_elect_one_leader_that_all_know_and_keep(int voters)
    {
        var cluster = new MemoryCluster(voters);
        MemoryNode leader = cluster.Elect();
        LeaderEpoch epoch = leader.View.Epoch;
        cluster.Run(60_000);
        Assert.Equal(leader, cluster.Leader);
        Assert.Equal(epoch, leader.View.Epoch);
        Assert.All(cluster.Nodes.Where(node => node != leader), node => Assert.Equal(RaftRole.Follower, node.View.Role));
    }

    [Fact]
    public void C_5_1_a_sole_voter_leads_without_waiting()
    {
        var cluster = new MemoryCluster(1);
        Assert.Equal(RaftRole.Leader, cluster[0].View.Role);
        Assert.Equal(0, cluster.NowMs);
        cluster.Run(1);
        Assert.Single(cluster[0].All<RaftEffect.LeadershipGained>());
    }

    [Fact]
    public void C_5_1_a_sole_voter_that_led_before_leads_again_in_a_new_epoch_at_once()
    {
        var cluster = new MemoryCluster(1);
        cluster.Run(5);
        MemoryNode again = cluster.Restart(0);
        Assert.Equal(RaftRole.Leader, again.View.Role);
        Assert.Equal(2, again.View.Epoch.Value);
    }

    [Fact]
    public void C_3_the_vote_is_durable_before_the_request_leaves()
    {
        var cluster = new MemoryCluster(3);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node.View.Role == RaftRole.Candidate));
        MemoryNode candidate = cluster.Nodes.First(node => node.View.Role == RaftRole.Candidate);
        int persisted = candidate.Told.FindIndex(effect => effect is RaftEffect.PersistQuorumState { State.Epoch.Value: 1 });
        int asked = candidate.Told.FindIndex(effect => effect is RaftEffect.Send { Request: RaftRequest.Vote { PreVote: false } });
        Assert.InRange(persisted, 0, asked - 1);
        Assert.Equal(candidate.Key, candidate.Disk.State.VotedKey);
    }

    [Fact]
    public void P1_a_vote_is_remembered_over_a_restart()
    {
        var cluster = new MemoryCluster(3);
        cluster.Isolate(2);
        MemoryNode voter = cluster[2];
        RaftResponse.Vote first = Vote(cluster, voter, candidate: 0, epoch: 5);
        RaftResponse.Vote other = Vote(cluster, cluster.Restart(2, losesPower: true), candidate: 1, epoch: 5);
        RaftResponse.Vote same = Vote(cluster, cluster.Restart(2, losesPower: true), candidate: 0, epoch: 5);
        Assert.True(first.Granted);
        Assert.False(other.Granted);
        Assert.True(same.Granted);
    }

    [Fact]
    public void P7_logs_are_compared_by_epoch_first()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Append(leader);
        cluster.Run(100);
        MemoryNode voter = cluster.Nodes.First(node => node != leader);
        cluster.Isolate(voter.Id.Value);
        cluster.RunUntil(() => voter.View.Role != RaftRole.Follower);
        int epoch = voter.View.Epoch.Value + 1;
        Assert.True(Vote(cluster, voter, candidate: 7, epoch: epoch + 1, lastEpoch: epoch, lastOffset: 0).Granted);
        Assert.False(Vote(cluster, voter, candidate: 8, epoch: epoch + 2, lastEpoch: 0, lastOffset: 1000).Granted);
    }

    [Fact]
    public void P8_a_cut_off_voter_raises_no_epoch_and_disturbs_nobody()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        LeaderEpoch epoch = leader.View.Epoch;
        MemoryNode lost = cluster.Nodes.First(node => node != leader);
        cluster.Isolate(lost.Id.Value);
        cluster.Run(60_000);
        Assert.Equal(epoch, lost.View.Epoch);
        cluster.Heal();
        cluster.Run(10_000);
        Assert.Equal(epoch, leader.View.Epoch);
        Assert.Equal(leader, cluster.Leader);
        Assert.Equal(RaftRole.Follower, lost.View.Role);
    }

    [Fact]
    public void P8_a_voter_that_hears_nobody_but_is_heard_disturbs_nobody()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        LeaderEpoch epoch = leader.View.Epoch;
        MemoryNode deaf = cluster.Nodes.First(node => node != leader);
        foreach (MemoryNode node in cluster.Nodes)
        {
            cluster.Cut(node.Id.Value, deaf.Id.Value);
        }

        cluster.Run(60_000);
        Assert.Equal(epoch, leader.View.Epoch);
        Assert.Equal(leader, cluster.Leader);
    }

    [Fact]
    public void C_8_6_P11_an_isolated_leader_resigns_and_another_is_elected()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        long append = cluster.Append(leader);
        cluster.Run(50);
        cluster.Isolate(leader.Id.Value);
        long lost = cluster.Append(leader);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader));
        cluster.RunUntil(() => leader.View.Role != RaftRole.Leader, 4_000);
        Assert.Contains(leader.All<RaftEffect.AppendCompleted>(), done => done.Id == append && done.Error == ErrorCode.None);
        Assert.Contains(leader.All<RaftEffect.AppendCompleted>(), done => done.Id == lost && done.Error == ErrorCode.NotLeaderOrFollower);
        Assert.Single(leader.All<RaftEffect.LeadershipLost>());
    }

    [Fact]
    public void C_6_1_a_leader_whose_connections_break_is_replaced_in_less_than_a_second()
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var cluster = new MemoryCluster(3, seed);
            MemoryNode leader = cluster.Elect();
            cluster.Run(3_000);
            long killedAt = cluster.NowMs;
            cluster.Stop(leader.Id.Value);
            foreach (MemoryNode node in cluster.Nodes)
            {
                node.Step(new RaftEvent.ConnectionLost(leader.Id));
            }

            cluster.RunUntil(() => cluster.Nodes.Any(node => node.View.Role == RaftRole.Leader));
            Assert.InRange(cluster.NowMs - killedAt, 0, 2_500);
        }
    }

    [Fact]
    public void S_7_1_a_pre_vote_that_was_refused_is_asked_for_again_when_only_one_may_win()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var cluster = new MemoryCluster(3, seed);
            MemoryNode leader = cluster.Elect();
            cluster.Run(3_000);
            MemoryNode[] others = [.. cluster.Nodes.Where(node => node != leader)];
            cluster.Cut(leader.Id.Value, others[1].Id.Value);
            cluster.Append(leader);
            cluster.Run(20);
            Assert.True(others[0].View.LogEnd > others[1].View.LogEnd);
            cluster.Isolate(leader.Id.Value); // silent: the longer log must win, whoever's timer ends first
            cluster.RunUntil(() => others.Any(node => node.View.Role == RaftRole.Leader), limitMs: 3_000);
            Assert.Equal(RaftRole.Leader, others[0].View.Role);
        }
    }

    [Fact]
    public void C_8_7_a_candidate_that_stops_does_not_lead_any_more()
    {
        var cluster = new MemoryCluster(3);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node.View.Role == RaftRole.Candidate));
        MemoryNode candidate = cluster.Nodes.First(node => node.View.Role == RaftRole.Candidate);
        candidate.Step(new RaftEvent.ShutdownRequested());
        cluster.Run(10_000);
        Assert.Single(candidate.All<RaftEffect.ShutdownCompleted>());
        Assert.DoesNotContain(candidate.All<RaftEffect.Transition>(), transition => transition.To == nameof(RaftRole.Leader));
    }

    [Fact]
    public void C_6_1_a_broken_connection_alone_moves_nothing_durable()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        foreach (MemoryNode node in cluster.Nodes)
        {
            node.Step(new RaftEvent.ConnectionLost(leader.Id));
        }

        cluster.Run(5_000);
        Assert.Equal(leader, cluster.Leader);
        Assert.Equal(1, leader.View.Epoch.Value);
    }

    [Fact]
    public void C_13_4_P4_a_restarted_leader_does_not_go_on_in_its_epoch()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        LeaderEpoch epoch = leader.View.Epoch;
        int id = leader.Id.Value;
        cluster.Isolate(id);
        MemoryNode again = cluster.Restart(id, losesPower: true);
        Assert.Equal(RaftRole.Resigned, again.View.Role);
        Assert.Equal(epoch, again.View.Epoch);
        long append = cluster.Append(again);
        Assert.Contains(again.All<RaftEffect.AppendCompleted>(), done => done.Id == append && done.Error == ErrorCode.NotLeaderOrFollower);
    }

    [Fact]
    public void C_13_4_P5_a_restarted_candidate_does_not_count_on()
    {
        var cluster = new MemoryCluster(3);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node.View.Role == RaftRole.Candidate));
        MemoryNode candidate = cluster.Nodes.First(node => node.View.Role == RaftRole.Candidate);
        MemoryNode again = cluster.Restart(candidate.Id.Value, losesPower: true);
        Assert.Equal(RaftRole.Unattached, again.View.Role);
        Assert.Equal(again.Key, again.View.VotedKey);
    }

    [Fact]
    public void C_3_1_P29_a_voter_whose_log_is_newer_than_its_state_does_not_start()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        int id = leader.Id.Value;
        leader.Disk.State = QuorumState.New;
        Assert.Throws<InvariantViolationException>(() => cluster.Restart(id));
    }

    [Fact]
    public void S_C1_a_second_leader_of_the_same_epoch_stops_the_node()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        MemoryNode liar = cluster.Nodes.First(node => node != leader && node != follower);
        Assert.Throws<InvariantViolationException>(() => cluster.Ask(follower, new RaftRequest.BeginQuorumEpoch
        {
            ClusterId = MemoryCluster.ClusterId,
            Epoch = leader.View.Epoch,
            LeaderId = liar.Id,
            LeaderEndpoint = MemoryCluster.PlaceOf(liar.Id.Value),
            Target = follower.Key,
        }));
    }

    [Fact]
    public void C_5_2_a_message_that_names_this_node_leader_of_its_epoch_changes_nothing()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode again = cluster.Restart(leader.Id.Value);
        long token = cluster.Ask(again, new RaftRequest.BeginQuorumEpoch
        {
            ClusterId = MemoryCluster.ClusterId,
            Epoch = again.View.Epoch,
            LeaderId = again.Id,
            LeaderEndpoint = MemoryCluster.PlaceOf(again.Id.Value),
            Target = again.Key,
        });
        Assert.Equal(ErrorCode.None, again.Replies[token].Error);
        Assert.Equal(RaftRole.Resigned, again.View.Role);
    }

    [Fact]
    public void S_7_1_a_vote_for_another_key_is_refused_although_the_epoch_counts()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode voter = cluster[1];
        long token = cluster.Ask(voter, VoteRequest(candidate: 0, voter.Key with { DirectoryId = Guid.Empty }, epoch: 9));
        var response = Assert.IsType<RaftResponse.Vote>(voter.Replies[token]);
        Assert.Equal(ErrorCode.InvalidVoterKey, response.Error);
        Assert.False(response.Granted);
        Assert.Equal(9, voter.Disk.State.Epoch.Value);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(5, 0)]
    public void S_7_1_an_impossible_vote_request_is_invalid(int lastEpoch, long lastOffset)
    {
        var cluster = new MemoryCluster(3);
        RaftResponse.Vote response = Vote(cluster, cluster[0], candidate: 1, epoch: 5, lastEpoch, lastOffset);
        Assert.Equal(ErrorCode.InvalidRequest, response.Error);
        Assert.Equal(0, cluster[0].View.Epoch.Value);
    }

    [Fact]
    public void S_7_requests_of_another_cluster_change_nothing()
    {
        var cluster = new MemoryCluster(3);
        foreach (Guid? other in new Guid?[] { null, Guid.Empty })
        {
            long token = cluster.Ask(cluster[0], VoteRequest(1, cluster[0].Key, epoch: 9) with { ClusterId = other });
            Assert.Equal(ErrorCode.InconsistentClusterId, cluster[0].Replies[token].Error);
            Assert.Equal(0, cluster[0].View.Epoch.Value);
        }
    }

    [Fact]
    public void P10_followers_of_a_leader_that_resigned_grant_pre_votes_at_once()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        long from = cluster.NowMs;
        long token = cluster.Ask(leader, new RaftRequest.TransferLeadership { ClusterId = MemoryCluster.ClusterId, Preferred = NodeId.None });
        Assert.Equal(ErrorCode.None, leader.Replies[token].Error);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader));
        Assert.InRange(cluster.NowMs - from, 0, 100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void S_7_3_the_preferred_successor_takes_over(int preferred)
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        long token = cluster.Ask(leader, new RaftRequest.TransferLeadership { ClusterId = MemoryCluster.ClusterId, Preferred = new NodeId(preferred) });
        if (leader.Id.Value == preferred)
        {
            Assert.Equal(ErrorCode.InvalidRequest, leader.Replies[token].Error);
            return;
        }

        cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader));
        Assert.Equal(preferred, cluster.Leader.Id.Value);
    }

    [Fact]
    public void C_8_7_a_leader_that_stops_hands_over_first()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(3_000);
        leader.Step(new RaftEvent.ShutdownRequested());
        Assert.Empty(leader.All<RaftEffect.ShutdownCompleted>());
        cluster.RunUntil(() => leader.All<RaftEffect.ShutdownCompleted>().Any());
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader), 500);
        Assert.NotEqual(RaftRole.Leader, leader.View.Role);
    }

    [Fact]
    public void C_8_7_a_leader_nobody_answers_stops_after_its_patience()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Isolate(leader.Id.Value);
        leader.Step(new RaftEvent.ShutdownRequested());
        cluster.RunUntil(() => leader.All<RaftEffect.ShutdownCompleted>().Any(), 5_100);
    }

    [Fact]
    public void C_8_7_who_does_not_lead_may_stop_at_once()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        follower.Step(new RaftEvent.ShutdownRequested());
        Assert.Single(follower.All<RaftEffect.ShutdownCompleted>());
    }

    [Fact]
    public void C_5_3_the_same_leader_is_told_once()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(10_000);
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        Assert.Single(follower.All<RaftEffect.LeaderChanged>(), changed => changed.LeaderId == leader.Id);
    }

    private static RaftRequest.Vote VoteRequest(int candidate, ReplicaKey target, int epoch, int lastEpoch = 0, long lastOffset = 0) => new()
    {
        ClusterId = MemoryCluster.ClusterId,
        Epoch = new LeaderEpoch(epoch),
        Candidate = MemoryCluster.KeyOf(candidate),
        Target = target,
        LastEpoch = new LeaderEpoch(lastEpoch),
        LastOffset = new Offset(lastOffset),
        PreVote = false,
    };

    private static RaftResponse.Vote Vote(MemoryCluster cluster, MemoryNode voter, int candidate, int epoch, int lastEpoch = 0, long lastOffset = 0)
    {
        long token = cluster.Ask(voter, VoteRequest(candidate, voter.Key, epoch, lastEpoch, lastOffset));
        return Assert.IsType<RaftResponse.Vote>(voter.Replies[token]);
    }
}
