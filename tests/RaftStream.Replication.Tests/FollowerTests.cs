using RaftStream.Model;

namespace RaftStream.Replication.Tests;

/// <summary>The follower machine (section 7 of the rules).</summary>
public class FollowerTests
{
    private readonly PartitionFollower _follower = new();
    private FollowerLog _log = Log(start: 0, end: 10, lastEpoch: 3, highWatermark: 5);

    [Fact]
    public void A_fetch_says_how_far_the_log_is()
    {
        _log = _log with { FlushedEnd = new Offset(8) };

        FollowerFetch fetch = Follow().Fetch(_log);

        Assert.Equal((new NodeId(2), new BrokerEpoch(20), new LeaderEpoch(5)), (fetch.Replica, fetch.BrokerEpoch, fetch.LeaderEpoch));
        Assert.Equal((10, 8, 0, 5), (fetch.Offset.Value, fetch.FlushedEnd.Value, fetch.LogStart.Value, fetch.KnownHighWatermark.Value));
        Assert.Equal(3, fetch.LastFetchedEpoch.Value); // of the last batch in the log
        Assert.False(fetch.IsProgressOnly);
        Assert.True(_follower.IsWaiting);
    }

    [Fact]
    public void An_empty_log_has_no_last_epoch()
    {
        // Records were deleted up to 10 and the log was cut to that: the batch of epoch 3 below is on the disk still,
        // and another leader, whose log begins at 0, would say that epoch 3 ends at 8.
        FollowerFetch fetch = Follow().Fetch(_log with { Start = new Offset(10) });

        Assert.Equal((10, LeaderEpoch.Unknown), (fetch.Offset.Value, fetch.LastFetchedEpoch));
    }

    [Fact]
    public void One_fetch_is_under_way()
    {
        //
        Follow().Fetch(_log);

        Assert.Throws<InvariantViolationException>(() => _follower.Fetch(_log));
        Assert.True(_follower.Progress(_log).IsProgressOnly); // it has no answer
    }

    [Fact]
    public void Records_are_appended()
    {
        FollowerFetch fetch = Follow().Fetch(_log);

        Assert.Equal(FollowerStepKind.Append, Take(Answer(fetch)).Kind);
        Assert.False(_follower.IsWaiting);
    }

    [Fact]
    public void A_second_answer_is_dropped()
    {
        // R-7.1 (E).
        FollowerFetch fetch = Follow().Fetch(_log);
        Take(Answer(fetch));

        Assert.Equal(FollowerStepKind.Ignore, Take(Answer(fetch)).Kind);
        _follower.Fetch(_log);
        Assert.Equal(FollowerStepKind.Ignore, Take(Answer(fetch)).Kind);
        Assert.True(_follower.IsWaiting);
    }

    [Fact]
    public void An_answer_of_a_former_reign_is_dropped_even_when_the_leader_is_the_same()
    {
        // R-3.5 (KAFKA-7164), R-7.1.
        FollowerFetch fetch = Follow().Fetch(_log);
        Assert.True(_follower.OnBecomeFollower(State(epoch: 6)));

        Assert.False(_follower.IsWaiting);
        Assert.Equal(FollowerStepKind.Ignore, Take(Answer(fetch)).Kind);
    }

    [Fact]
    public void New_metadata_of_the_same_reign_changes_nothing()
    {
        FollowerFetch fetch = Follow().Fetch(_log);

        Assert.False(_follower.OnBecomeFollower(State()));
        Assert.Equal(FollowerStepKind.Append, Take(Answer(fetch)).Kind);
    }

    [Fact]
    public void An_answer_after_the_end_is_dropped()
    {
        FollowerFetch fetch = Follow().Fetch(_log);
        _follower.OnResign();

        Assert.Equal(FollowerStepKind.Ignore, Take(Answer(fetch)).Kind);
        Assert.False(_follower.IsFollowing);
    }

    [Fact]
    public void An_answer_of_a_lost_connection_is_dropped()
    {
        FollowerFetch fetch = Follow().Fetch(_log);
        _follower.OnConnectionLost();

        Assert.Equal(FollowerStepKind.Ignore, Take(Answer(fetch)).Kind);
        _follower.Fetch(_log);
    }

    [Theory]
    [InlineData(0, 11)]
    [InlineData(1, 10)]
    public void An_answer_for_another_state_of_the_log_is_dropped(long start, long end)
    {
        // R-7.1 (E, KAFKA-18991).
        FollowerFetch fetch = Follow().Fetch(_log);
        _log = _log with { Start = new Offset(start), End = new Offset(end) };

        Assert.Equal(FollowerStepKind.Ignore, Take(Answer(fetch)).Kind);
        Assert.False(_follower.IsWaiting); // it was the answer all the same
    }

    // The examples of, the follower's side: what the leader answers, the own end of that epoch, the new log end.
    [Theory]
    [InlineData(22, 3, 20, 3, 22, 20)] // f(3,22)
    [InlineData(14, 1, 10, 1, 8, 8)] // f(2,14) with own {1:0, 2:8}
    [InlineData(18, 3, 20, 3, 16, 16)] // f(4,18) with own {3:10, 4:16}
    [InlineData(12, 1, 10, 1, 12, 10)] // f(1,12)
    [InlineData(30, 4, 20, 2, 15, 15)] // the own log has no such epoch: the end of the one before
    public void The_log_is_cut_where_both_agree(long end, int epoch, long leadersEnd, int ownEpoch, long ownEnd, long target)
    {
        _log = Log(0, end, lastEpoch: 4, highWatermark: 0);
        FollowerFetch fetch = Follow().Fetch(_log);

        FollowerStep step = Take(Answer(fetch) with { Diverging = End(epoch, leadersEnd) }, End(ownEpoch, ownEnd));

        Assert.Equal(new FollowerStep(FollowerStepKind.Truncate, new Offset(target)), step);
    }

    [Fact]
    public void It_is_never_cut_below_its_start()
    {
        _log = Log(start: 6, end: 10, lastEpoch: 3, highWatermark: 6);
        FollowerFetch fetch = Follow().Fetch(_log);

        Assert.Equal(new FollowerStep(FollowerStepKind.Truncate, new Offset(6)), Take(Answer(fetch) with { Diverging = End(3, 4) }, End(3, 10)));
    }

    [Theory]
    [InlineData(true, -1, FollowerStepKind.Halt)]
    [InlineData(true, 3, FollowerStepKind.Halt)] // that election is older than what would go
    [InlineData(true, 4, FollowerStepKind.Truncate)] // somebody has accepted the loss
    [InlineData(false, -1, FollowerStepKind.Truncate)] // flush=os
    public void Committed_records_go_only_when_that_was_accepted(bool commit, int lastUnclean, FollowerStepKind expected)
    {
        //
        FollowerFetch fetch = Follow(commit, lastUnclean).Fetch(_log);

        Assert.Equal(new FollowerStep(expected, new Offset(4)), Take(Answer(fetch) with { Diverging = End(3, 4) }, End(3, 10)));
    }

    [Fact]
    public void A_log_that_ends_before_the_leaders_begins_starts_anew()
    {
        //
        FollowerFetch fetch = Follow().Fetch(_log);

        FollowerStep step = Take(Answer(fetch) with { Error = ErrorCode.OffsetOutOfRange, LogStart = new Offset(50) });

        Assert.Equal(new FollowerStep(FollowerStepKind.StartAnew, new Offset(50)), step);
    }

    [Fact]
    public void An_empty_log_starts_anew_wherever_it_was()
    {
        _log = Log(start: 60, end: 60, lastEpoch: -1, highWatermark: 60);
        FollowerFetch fetch = Follow().Fetch(_log);

        FollowerStep step = Take(Answer(fetch) with { Error = ErrorCode.OffsetOutOfRange, LogStart = new Offset(50) });

        Assert.Equal(new FollowerStep(FollowerStepKind.StartAnew, new Offset(50)), step);
    }

    [Theory]
    [InlineData(4, 40, 60, FollowerStepKind.StartAnew)]
    [InlineData(4, 40, 70, FollowerStepKind.Truncate)] // the logs agree behind the start, so it is the leader's too
    [InlineData(4, 60, 60, FollowerStepKind.Truncate)] // the leader begins there too
    [InlineData(3, 40, 60, FollowerStepKind.Truncate)] // nothing of this log was given up: what is in front of the start was deleted
    public void R_15_2_a_log_that_an_unclean_election_gave_up_as_a_whole_begins_where_its_leader_does(
        int lastUnclean, long leaderStart, long agreedEnd, FollowerStepKind expected)
    {
        _log = Log(start: 60, end: 80, lastEpoch: 3, highWatermark: 60);
        FollowerFetch fetch = Follow(lastUnclean: lastUnclean).Fetch(_log);

        FollowerStep step = Take(Answer(fetch) with { Diverging = End(2, 70), LogStart = new Offset(leaderStart) }, End(2, agreedEnd));

        Assert.Equal(new FollowerStep(expected, new Offset(expected == FollowerStepKind.StartAnew ? leaderStart : agreedEnd)), step);
    }

    [Theory]
    [InlineData(3, 40, FollowerStepKind.StartAnew, 40)] // the leader's records in front of the start may be others
    [InlineData(-1, 40, FollowerStepKind.StartAnew, 40)]
    [InlineData(3, 60, FollowerStepKind.StartAnew, 60)] // epoch 3 is on the disk still: the leader's next record may be of epoch 2
    [InlineData(-1, 60, FollowerStepKind.Ignore, 0)] // nothing is on the disk: it began anew already
    [InlineData(-1, 70, FollowerStepKind.StartAnew, 70)]
    public void R_7_6_an_empty_log_that_an_unclean_election_may_have_given_up_asks_where_its_leader_begins(
        int lastEpoch, long leaderStart, FollowerStepKind expected, long target)
    {
        _log = Log(start: 60, end: 60, lastEpoch: lastEpoch, highWatermark: 60);
        FollowerFetch fetch = Follow(lastUnclean: 4).Fetch(_log);
        Assert.Equal((long.MaxValue, LeaderEpoch.Unknown), (fetch.Offset.Value, fetch.LastFetchedEpoch)); // no leader counts that
        Assert.Equal(fetch.Offset, _follower.Progress(_log).Offset);

        FollowerStep step = Take(Answer(fetch) with { Error = ErrorCode.OffsetOutOfRange, LogStart = new Offset(leaderStart) });

        Assert.Equal(new FollowerStep(expected, new Offset(target)), step);
        _log = Log(start: leaderStart, end: leaderStart, lastEpoch: -1, highWatermark: leaderStart);
        Assert.Equal(leaderStart, _follower.Fetch(_log).Offset.Value); // it asks once
    }

    [Theory]
    [InlineData(3, 3, false)] // no unclean election since: what is in front of the start was deleted
    [InlineData(4, 4, false)] // the log has a record of a reign since, so its start is from there too
    [InlineData(4, 3, true)] // all that is committed counts on a member
    [InlineData(4, -1, true)]
    public void S_R2_an_empty_log_that_was_not_given_up_goes_on_where_it_ends(int lastUnclean, int lastEpoch, bool isMember)
    {
        _log = Log(start: 60, end: 60, lastEpoch: lastEpoch, highWatermark: 60);
        FollowerFetch fetch = Follow(lastUnclean: lastUnclean, isMember: isMember).Fetch(_log);

        Assert.Equal(60, fetch.Offset.Value);
        Assert.Equal(FollowerStepKind.Append, Take(Answer(fetch)).Kind); // from 0 on
    }

    [Theory]
    [InlineData(4, 5, false, 0)] // cut to nothing but what lies below the start, of an epoch before the election
    [InlineData(4, 4, true, -1)]
    [InlineData(4, 3, true, 3)]
    public void S_R2_a_log_that_was_not_given_up_is_not_begun_anew_when_it_is_cut_to_its_start(
        int lastUnclean, int lastEpoch, bool isMember, int lastEpochAfter)
    {
        _log = Log(start: 60, end: 80, lastEpoch: lastEpoch, highWatermark: 60);
        FollowerFetch fetch = Follow(lastUnclean: lastUnclean, isMember: isMember).Fetch(_log);
        FollowerStep step = Take(Answer(fetch) with { Diverging = End(2, 60) }, End(2, 60)); // the leader begins at 0
        Assert.Equal(new FollowerStep(FollowerStepKind.Truncate, new Offset(60)), step);

        _log = Log(start: 60, end: 60, lastEpochAfter, highWatermark: 60);
        fetch = _follower.Fetch(_log);

        Assert.Equal(60, fetch.Offset.Value);
        Assert.Equal(FollowerStepKind.Append, Take(Answer(fetch)).Kind);
    }

    [Fact]
    public void S_R2_a_log_that_the_leader_counts_on_is_not_begun_anew_in_the_same_reign()
    {
        _log = Log(start: 60, end: 80, lastEpoch: 3, highWatermark: 60);
        FollowerFetch fetch = Follow(lastUnclean: 4).Fetch(_log);
        Assert.Equal(FollowerStepKind.Append, Take(Answer(fetch)).Kind); // the logs agree; the leader's start is 80

        _log = Log(start: 80, end: 80, lastEpoch: 3, highWatermark: 80);
        Assert.Equal(80, _follower.Fetch(_log).Offset.Value);

        _follower.OnResign();
        _follower.OnBecomeFollower(State(lastUnclean: 4));
        Assert.Equal(80, _follower.Fetch(_log).Offset.Value);

        _follower.OnBecomeFollower(State(epoch: 6, lastUnclean: 4));
        Assert.Equal(long.MaxValue, _follower.Fetch(_log).Offset.Value); // nobody has counted anything of it in this reign
    }

    [Fact]
    public void S_R2_who_was_a_member_when_the_reign_began_is_not_begun_anew_when_it_leaves_the_isr()
    {
        // The leader may have counted the first fetch, and take it in again for that, before any answer comes.
        _log = Log(start: 60, end: 60, lastEpoch: 3, highWatermark: 60);
        Follow(lastUnclean: 4, isMember: true).Fetch(_log);
        _follower.OnConnectionLost();
        _follower.OnBecomeFollower(State(lastUnclean: 4));

        Assert.Equal(60, _follower.Fetch(_log).Offset.Value);
    }

    [Theory]
    [InlineData(75, 80, 3, FollowerStepKind.StartAnew)] // 75 to 79 may have been others where they were deleted
    [InlineData(80, 80, 3, FollowerStepKind.Append)] // all of it was committed
    [InlineData(80, 80, 4, FollowerStepKind.StartAnew)] // an unclean election gave up what was committed
    [InlineData(75, 79, 3, FollowerStepKind.Append)] // the last batch was compared
    public void S_R13_a_log_that_ends_where_its_leader_begins_is_not_known_to_be_the_same(
        long highWatermark, long leaderStart, int lastUnclean, FollowerStepKind expected)
    {
        // Mutant: never begin anew there; seeds 33623 and 38301 of the simulated clusters, where a retry was answered from what the
        // producer had sent to a leader that lost it.
        _log = Log(start: 60, end: 80, lastEpoch: 3, highWatermark: highWatermark);
        FollowerFetch fetch = Follow(lastUnclean: lastUnclean).Fetch(_log);

        FollowerStep step = Take(Answer(fetch) with { LogStart = new Offset(leaderStart) });

        Assert.Equal(new FollowerStep(expected, new Offset(expected == FollowerStepKind.StartAnew ? 80 : 0)), step);
    }

    [Fact]
    public void What_was_compared_once_in_a_reign_stays_when_the_leader_deletes_all_of_it()
    {
        _log = Log(start: 60, end: 80, lastEpoch: 3, highWatermark: 75);
        FollowerFetch fetch = Follow().Fetch(_log);
        Assert.Equal(FollowerStepKind.Append, Take(Answer(fetch) with { LogStart = new Offset(60) }).Kind);
        fetch = _follower.Fetch(_log);

        Assert.Equal(FollowerStepKind.Append, Take(Answer(fetch) with { LogStart = new Offset(80) }).Kind);
    }

    [Fact]
    public void A_log_with_records_that_is_told_to_be_too_long_keeps_them()
    {
        // it would have diverged.
        FollowerFetch fetch = Follow().Fetch(_log);

        Assert.Equal(FollowerStepKind.BackOff, Take(Answer(fetch) with { Error = ErrorCode.OffsetOutOfRange, LogStart = new Offset(0) }).Kind);
    }

    [Theory]
    [InlineData(ErrorCode.FencedLeaderEpoch)]
    [InlineData(ErrorCode.UnknownLeaderEpoch)]
    [InlineData(ErrorCode.NotLeaderOrFollower)]
    [InlineData(ErrorCode.StaleBrokerEpoch)]
    [InlineData(ErrorCode.UnknownTopicId)]
    [InlineData((ErrorCode)12345)]
    public void Any_other_error_is_waited_out(ErrorCode error)
    {
        //
        FollowerFetch fetch = Follow().Fetch(_log);

        Assert.Equal(FollowerStepKind.BackOff, Take(Answer(fetch) with { Error = error, Diverging = End(0, 0) }).Kind);
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(99, 10)] // no further than the own log
    [InlineData(2, 5)] // never back
    public void The_high_watermark_follows_the_leaders(long leaders, long expected)
    {
        //
        var answer = new FetchAnswer { Correlation = 1, HighWatermark = new Offset(leaders) };

        Assert.Equal(expected, PartitionFollower.HighWatermark(answer, _log).Value);
    }

    [Fact]
    public void A_round_is_echoed_from_the_next_fetch_on()
    {
        // and only within its reign.
        FollowerFetch fetch = Follow().Fetch(_log);
        Assert.Equal(0, fetch.KnownRound);
        Take(Answer(fetch) with { Round = 7 });
        fetch = _follower.Fetch(_log);
        Assert.Equal(7, fetch.KnownRound);

        _follower.OnBecomeFollower(State(epoch: 6));
        Assert.Equal(0, _follower.Fetch(_log).KnownRound);
    }

    [Fact]
    public void A_round_in_an_error_or_a_divergence_is_not_echoed()
    {
        FollowerFetch fetch = Follow().Fetch(_log);
        Take(Answer(fetch) with { Round = 7, Error = ErrorCode.NotLeaderOrFollower });
        fetch = _follower.Fetch(_log);
        Take(Answer(fetch) with { Round = 8, Diverging = End(3, 9) }, End(3, 10));

        Assert.Equal(0, _follower.Fetch(_log).KnownRound);
    }

    private static FollowerLog Log(long start, long end, int lastEpoch, long highWatermark) =>
        new(new Offset(start), new Offset(end), new Offset(end), new LeaderEpoch(lastEpoch), new Offset(highWatermark));

    private static EpochEndOffset End(int epoch, long end) => new(new LeaderEpoch(epoch), new Offset(end));

    private static FollowerState State(int epoch = 5, bool commit = true, int lastUnclean = -1, bool isMember = false) => new()
    {
        Self = new NodeId(2),
        BrokerEpoch = new BrokerEpoch(20),
        Leader = new NodeId(1),
        LeaderEpoch = new LeaderEpoch(epoch),
        IsMember = isMember,
        CountsFlushed = commit,
        LastUncleanEpoch = new LeaderEpoch(lastUnclean),
    };

    private static FetchAnswer Answer(in FollowerFetch fetch) => new() { Correlation = fetch.Correlation, HighWatermark = new Offset(5) };

    private PartitionFollower Follow(bool commit = true, int lastUnclean = -1, bool isMember = false)
    {
        Assert.True(_follower.OnBecomeFollower(State(commit: commit, lastUnclean: lastUnclean, isMember: isMember)));
        return _follower;
    }

    private FollowerStep Take(in FetchAnswer answer, EpochEndOffset? own = null) => _follower.OnAnswer(answer, _log, own);
}
