using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Tests.World;

namespace RaftStream.Raft.Tests;

public sealed class ReplicationTests
{
    [Fact]
    public void C_8_3_an_append_is_committed_on_a_majority_and_reaches_all()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        long id = cluster.Append(leader, records: 3);
        cluster.RunUntil(() => leader.All<RaftEffect.AppendCompleted>().Any(done => done.Id == id && done.Error == ErrorCode.None));
        RaftEffect.AppendAccepted accepted = Assert.Single(leader.All<RaftEffect.AppendAccepted>(), taken => taken.Id == id);
        Offset end = leader.All<RaftEffect.AppendCompleted>().Single(done => done.Id == id).EndOffset;
        Assert.Equal(accepted.BaseOffset.Plus(3), end);
        cluster.RunUntil(() => cluster.Nodes.All(node => node.Applied >= end), 100);
        Assert.All(cluster.Nodes, node => Assert.Equal(leader.Disk.Batches.Select(Shape), node.Disk.Batches.Select(Shape)));
    }

    [Fact]
    public void C_8_2_P2_a_leader_does_not_count_what_it_has_not_flushed()
    {
        var cluster = new MemoryCluster(2);
        MemoryNode leader = cluster.Elect();
        leader.HoldsFlushes = true;
        long id = cluster.Append(leader);
        cluster.Run(200);
        Assert.DoesNotContain(leader.All<RaftEffect.AppendCompleted>(), done => done.Id == id);
        leader.HoldsFlushes = false;
        leader.FinishFlush();
        cluster.RunUntil(() => leader.All<RaftEffect.AppendCompleted>().Any(done => done.Id == id), 100);
    }

    [Fact]
    public void S_7_4_P3_a_follower_that_has_not_flushed_does_not_count()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        foreach (MemoryNode follower in cluster.Nodes.Where(node => node != leader))
        {
            follower.HoldsFlushes = true;
        }

        long id = cluster.Append(leader);
        cluster.Run(200);
        Assert.DoesNotContain(leader.All<RaftEffect.AppendCompleted>(), done => done.Id == id);
        MemoryNode one = cluster.Nodes.First(node => node != leader);
        Assert.Equal(leader.View.LogEnd, one.View.LogEnd);
        one.HoldsFlushes = false;
        one.FinishFlush();
        cluster.RunUntil(() => leader.All<RaftEffect.AppendCompleted>().Any(done => done.Id == id), 100);
    }

    [Fact]
    public void C_8_2_P6_entries_of_an_earlier_epoch_are_committed_only_with_one_of_the_own()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode first = cluster.Elect();
        cluster.Run(1_000);
        cluster.HoldsFlushes = true;
        cluster.Append(first);
        cluster.Run(20);
        Offset end = first.View.LogEnd;
        foreach (MemoryNode node in cluster.Nodes.Where(node => node.IsFlushing && node != first).ToList())
        {
            node.FinishFlush(); // both followers hold it durably; the leader dies before it knows
            break;
        }

        cluster.Stop(first.Id.Value);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node.View.Role == RaftRole.Leader));
        MemoryNode second = cluster.Leader;
        cluster.Run(100);
        Assert.Null(second.View.HighWatermark); // its own first record is not flushed anywhere
        Assert.True(second.View.LogEnd > end);
        cluster.HoldsFlushes = false;
        for (int round = 0; round < 3; round++)
        {
            foreach (MemoryNode node in cluster.Nodes.Where(node => node.IsFlushing).ToList())
            {
                node.FinishFlush();
            }

            cluster.Run(50);
        }

        Assert.True(second.View.HighWatermark > end);
    }

    [Fact]
    public void C_4_7_a_tail_that_its_leader_lacks_is_cut_and_the_voters_with_it()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode old = cluster.Elect();
        cluster.Run(1_000);
        cluster.Isolate(old.Id.Value);
        long lost = cluster.Append(old, records: 5);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != old && node.View.Role == RaftRole.Leader && node.View.HighWatermark is not null));
        MemoryNode next = cluster.Leader;
        cluster.Append(next);
        cluster.Run(500);
        cluster.Heal();
        cluster.RunUntil(() => old.Applied == next.Applied && old.View.LogEnd == next.View.LogEnd);
        Assert.Contains(old.All<RaftEffect.TruncateLog>(), _ => true);
        Assert.Contains(old.All<RaftEffect.AppendCompleted>(), done => done.Id == lost && done.Error == ErrorCode.NotLeaderOrFollower);
        Assert.Equal(next.Disk.Batches.Select(Shape), old.Disk.Batches.Select(Shape));
    }

    [Fact]
    public void C_1_5_P25_an_answer_counts_once()
    {
        AnswerThatComesTwice(RaftSabotage.None);
        Assert.Throws<InvariantViolationException>(() => AnswerThatComesTwice(RaftSabotage.TakeAnyResponse)); // a second cut, below what is committed
    }

    private static void AnswerThatComesTwice(RaftSabotage sabotage)
    {
        var cluster = new MemoryCluster(3, configure: start => start with { Sabotage = sabotage });
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        RaftEffect.Send fetch = follower.All<RaftEffect.Send>().Last(send => send.Request is RaftRequest.Fetch);
        var diverging = new RaftResponse.Fetch
        {
            LeaderEpoch = leader.View.Epoch,
            LeaderId = leader.Id,
            HighWatermark = null,
            LogStart = Offset.Zero,
            Diverging = (leader.View.Epoch, follower.View.LogEnd),
        };
        follower.Step(new RaftEvent.ResponseArrived(fetch.CorrelationId, diverging));
        int cuts = follower.All<RaftEffect.TruncateLog>().Count();
        cluster.Append(leader);
        cluster.Run(100);
        Offset end = follower.View.LogEnd;
        follower.Step(new RaftEvent.ResponseArrived(fetch.CorrelationId, diverging));
        follower.Step(new RaftEvent.ResponseArrived(987_654, diverging));
        Assert.Equal(end, follower.View.LogEnd);
        Assert.Equal(cuts, follower.All<RaftEffect.TruncateLog>().Count());
    }

    [Fact]
    public void C_4_7_a_cut_below_the_high_watermark_stops_the_node()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Append(leader);
        cluster.Run(1_000);
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        RaftEffect.Send fetch = follower.All<RaftEffect.Send>().Last(send => send.Request is RaftRequest.Fetch);
        var response = new RaftResponse.Fetch
        {
            LeaderEpoch = leader.View.Epoch,
            LeaderId = leader.Id,
            HighWatermark = null,
            LogStart = Offset.Zero,
            Diverging = (leader.View.Epoch, Offset.Zero),
        };
        Assert.Throws<InvariantViolationException>(() => follower.Step(new RaftEvent.ResponseArrived(fetch.CorrelationId, response)));
    }

    [Fact]
    public void C_4_8_P24_batches_that_do_not_belong_here_are_left_out()
    {
        BatchOfALaterEpoch(RaftSabotage.None);
        Assert.Throws<InvariantViolationException>(() => BatchOfALaterEpoch(RaftSabotage.TakeLaterEpochs));
    }

    private static void BatchOfALaterEpoch(RaftSabotage sabotage)
    {
        var cluster = new MemoryCluster(3, configure: start => start with { Sabotage = sabotage });
        MemoryNode leader = cluster.Elect();
        cluster.Run(1_000);
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        RaftEffect.Send fetch = follower.All<RaftEffect.Send>().Last(send => send.Request is RaftRequest.Fetch);
        Offset end = follower.View.LogEnd;
        LogBatch good = BatchAt(end, leader.View.Epoch);
        follower.Step(new RaftEvent.ResponseArrived(fetch.CorrelationId, new RaftResponse.Fetch
        {
            LeaderEpoch = leader.View.Epoch,
            LeaderId = leader.Id,
            HighWatermark = null,
            LogStart = Offset.Zero,
            Batches = [good, BatchAt(good.EndOffset, new LeaderEpoch(leader.View.Epoch.Value + 1)), BatchAt(good.EndOffset.Plus(1), leader.View.Epoch)],
        }));
        Assert.Equal(good.EndOffset, follower.View.LogEnd);
    }

    [Fact]
    public void S_7_4_impossible_fetches_are_invalid_and_others_are_told_who_leads()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        RaftRequest.Fetch sound = FetchOf(follower.Key, leader.View.Epoch, Offset.Zero);
        Assert.Equal(ErrorCode.InvalidRequest, Ask(leader, sound with { FetchOffset = new Offset(-1), DurableEnd = new Offset(-1) }).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Ask(leader, sound with { DurableEnd = new Offset(1) }).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Ask(leader, sound with { LastFetchedEpoch = new LeaderEpoch(99) }).Error);
        Assert.Equal(ErrorCode.InvalidRequest, Ask(leader, sound with { Replica = leader.Key }).Error);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, Ask(leader, sound with { Epoch = new LeaderEpoch(0) }).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, Ask(leader, sound with { Epoch = new LeaderEpoch(9) }).Error);
        Assert.Equal(1, leader.View.Epoch.Value); // a fetch raises no epoch: observers must not disturb
        RaftResponse elsewhere = Ask(follower, sound with { Replica = MemoryCluster.KeyOf(44) });
        Assert.Equal(ErrorCode.NotLeaderOrFollower, elsewhere.Error);
        Assert.Equal((leader.Id, MemoryCluster.PlaceOf(leader.Id.Value)), (elsewhere.LeaderId, elsewhere.LeaderEndpoint));

        RaftResponse Ask(MemoryNode node, RaftRequest request) => node.Replies[cluster.Ask(node, request)];
    }

    [Fact]
    public void C_12_2_an_observer_finds_the_leader_through_a_bootstrap_server_and_follows()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode observer = cluster.Add(10, VoterSet.Empty, canVote: false);
        cluster.RunUntil(() => observer.Applied >= leader.Applied && leader.Applied.Value > 0);
        Assert.Equal(leader.View.Voters, observer.View.Voters);
        Assert.False(observer.View.IsVoter);
        cluster.Stop(leader.Id.Value);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node.View.Role == RaftRole.Leader && node.View.LeaderId == observer.View.LeaderId));
    }

    [Fact]
    public void C_12_2_an_observer_of_a_leader_that_falls_silent_finds_the_next_one_soon()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var cluster = new MemoryCluster(3, seed);
            MemoryNode leader = cluster.Elect();
            MemoryNode observer = cluster.Add(10, VoterSet.Empty, canVote: false);
            cluster.Run(3_000);
            Assert.Equal(leader.Id, observer.View.LeaderId);
            cluster.Isolate(leader.Id.Value); // no answer, and no broken connection either
            cluster.RunUntil(() => cluster.Nodes.Any(node => node != leader && node.View.Role == RaftRole.Leader));
            MemoryNode next = cluster.Nodes.First(node => node != leader && node.View.Role == RaftRole.Leader);
            cluster.RunUntil(() => observer.View.LeaderId == next.Id, limitMs: 1_100);
        }
    }

    [Fact]
    public void C_12_3_an_observer_is_in_no_majority_and_stands_for_no_election()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        MemoryNode observer = cluster.Add(10, VoterSet.Empty, canVote: false);
        cluster.Run(5_000);
        foreach (MemoryNode voter in cluster.Nodes.Where(node => node != leader && node != observer).ToList())
        {
            cluster.Stop(voter.Id.Value);
        }

        long id = cluster.Append(leader);
        cluster.Run(60_000);
        Assert.DoesNotContain(leader.All<RaftEffect.AppendCompleted>(), done => done.Id == id && done.Error == ErrorCode.None);
        Assert.DoesNotContain(observer.All<RaftEffect.Send>(), send => send.Request is RaftRequest.Vote);
        Assert.NotEqual(RaftRole.Leader, leader.View.Role);
    }

    [Fact]
    public void C_10_4_a_replica_far_behind_gets_the_snapshot_in_chunks_and_goes_on_from_its_end()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Append(leader, records: 10);
        cluster.Run(1_000);
        foreach (MemoryNode node in cluster.Nodes)
        {
            node.TakeSnapshot();
        }

        MemoryNode late = cluster.Add(10, VoterSet.Empty, canVote: false);
        long id = cluster.Append(leader);
        cluster.RunUntil(() => late.Applied == leader.Applied && leader.All<RaftEffect.AppendCompleted>().Any(done => done.Id == id));
        Assert.Equal([0L, 1L, 2L], late.All<RaftEffect.StoreSnapshotChunk>().Select(chunk => chunk.Position));
        Assert.Single(late.All<RaftEffect.LoadSnapshot>());
        Assert.Equal(leader.View.LogStart, late.View.LogStart);
        Assert.Equal(leader.View.Voters, late.View.Voters);
        MemoryNode again = cluster.Restart(10);
        Assert.Single(again.All<RaftEffect.LoadSnapshot>());
        Assert.Equal(late.View.LogStart, again.View.LogStart);
    }

    [Fact]
    public void S_7_5_unknown_snapshots_are_not_found()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        foreach (SnapshotId id in new[] { SnapshotId.Bootstrap, new SnapshotId(new Offset(77), new LeaderEpoch(1)) })
        {
            RaftResponse response = leader.Replies[cluster.Ask(leader, new RaftRequest.FetchSnapshot
            {
                ClusterId = MemoryCluster.ClusterId,
                Epoch = leader.View.Epoch,
                Replica = MemoryCluster.KeyOf(1, disk: 9),
                Snapshot = id,
                Position = 0,
                MaxBytes = 10,
            })];
            Assert.Equal(ErrorCode.SnapshotNotFound, response.Error);
        }
    }

    [Fact]
    public void C_8_5_P13_a_barrier_waits_for_fetches_that_were_sent_after_it()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(5_000);
        leader.Step(new RaftEvent.BarrierRequested(1));
        Assert.Empty(leader.All<RaftEffect.BarrierCompleted>());

        // A fetch of a follower that was under way already proves nothing.
        MemoryNode follower = cluster.Nodes.First(node => node != leader);
        cluster.Ask(leader, FetchOf(follower.Key, leader.View.Epoch, follower.View.LogEnd) with
        {
            LastFetchedEpoch = leader.View.Epoch,
            DurableEnd = follower.View.LogEnd,
        });
        Assert.Empty(leader.All<RaftEffect.BarrierCompleted>());
        cluster.RunUntil(() => leader.All<RaftEffect.BarrierCompleted>().Any(done => done.Error == ErrorCode.None), 20);
    }

    [Fact]
    public void C_8_5_P13_a_deposed_leader_answers_no_read()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode old = cluster.Elect();
        cluster.Run(1_000);
        cluster.Isolate(old.Id.Value);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node != old && node.View.Role == RaftRole.Leader));
        old.Step(new RaftEvent.BarrierRequested(2));
        cluster.Run(10_000);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Assert.Single(old.All<RaftEffect.BarrierCompleted>()).Error);
    }

    [Fact]
    public void C_8_4_leadership_is_announced_after_everything_before_it_is_applied()
    {
        var cluster = new MemoryCluster(3);
        cluster.RunUntil(() => cluster.Nodes.Any(node => node.All<RaftEffect.LeadershipGained>().Any()));
        MemoryNode leader = cluster.Leader;
        int gained = leader.Told.FindIndex(effect => effect is RaftEffect.LeadershipGained);
        int commit = leader.Told.FindIndex(effect => effect is RaftEffect.Commit);
        Assert.InRange(commit, 0, gained - 1);
    }

    [Fact]
    public void C_9_1_committed_offsets_grow_and_are_told_once()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        for (int i = 0; i < 20; i++)
        {
            cluster.Append(leader);
            cluster.Run(7);
        }

        cluster.Run(1_000);
        Assert.All(cluster.Nodes, node =>
        {
            List<long> ends = [.. node.All<RaftEffect.Commit>().Select(commit => commit.HighWatermark.Value)];
            Assert.Equal(ends.Distinct().Order(), ends);
            Assert.Equal(leader.Applied, node.Applied);
        });
    }

    [Fact]
    public void S_7_4_a_parked_fetch_is_answered_when_its_time_is_over_and_when_the_reign_is()
    {
        var cluster = new MemoryCluster(3);
        MemoryNode leader = cluster.Elect();
        cluster.Run(2_000);
        RaftRequest.Fetch fetch = FetchOf(MemoryCluster.KeyOf(40), leader.View.Epoch, leader.View.LogEnd) with
        {
            LastFetchedEpoch = leader.View.Epoch,
            KnownHighWatermark = leader.View.HighWatermark,
            MaxWaitMs = 300,
        };
        long first = cluster.Ask(leader, fetch);
        Assert.DoesNotContain(first, leader.Replies.Keys);
        cluster.Run(301);
        Assert.Equal(ErrorCode.None, leader.Replies[first].Error);
        long second = cluster.Ask(leader, fetch);
        leader.Step(new RaftEvent.ResignRequested(leader.View.Epoch));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, leader.Replies[second].Error);
        MemoryNode next = cluster.Elect();
        cluster.Run(1_000);
        long third = cluster.Ask(next, fetch with
        {
            Epoch = next.View.Epoch,
            FetchOffset = next.View.LogEnd,
            LastFetchedEpoch = next.View.Epoch,
            KnownHighWatermark = next.View.HighWatermark,
        });
        next.Step(new RaftEvent.RequestAbandoned(third));
        cluster.Run(1_000);
        Assert.DoesNotContain(third, next.Replies.Keys);
    }

    private static (Offset Base, Offset End, LeaderEpoch Epoch) Shape(LogBatch batch) => (batch.BaseOffset, batch.EndOffset, batch.Epoch);

    private static LogBatch BatchAt(Offset at, LeaderEpoch epoch) =>
        new() { BaseOffset = at, EndOffset = at.Plus(1), Epoch = epoch, Bytes = new byte[] { 1 } };

    private static RaftRequest.Fetch FetchOf(ReplicaKey key, LeaderEpoch epoch, Offset at) => new()
    {
        ClusterId = MemoryCluster.ClusterId,
        Epoch = epoch,
        Replica = key,
        FetchOffset = at,
        LastFetchedEpoch = new LeaderEpoch(0),
        DurableEnd = Offset.Zero,
        KnownHighWatermark = null,
        MaxBytes = 1000,
        MaxWaitMs = 0,
        BarrierEcho = 0,
    };
}
