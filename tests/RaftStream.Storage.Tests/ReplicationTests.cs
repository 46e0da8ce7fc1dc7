using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>What a follower's log does: append as sent, compare epochs, cut, start anew.</summary>
public sealed class ReplicationTests : IDisposable
{
    private readonly LogDirectory _directory = TestDirectory.OpenNew(new MemoryFileSystem());
    private readonly PartitionLog _log;

    public ReplicationTests() => _log = _directory.CreateLog(new LogOptions { SegmentBytes = 250 });

    public void Dispose() => _directory.Dispose();

    private static byte[] Join(params byte[][] batches) => [.. batches.SelectMany(batch => batch)];

    [Fact]
    public void Batches_are_kept_as_sent_over_segment_borders()
    {
        byte[] sent = Join(
            Batches.Placed(Batches.Of(2), 0, 1), Batches.Placed(Batches.Of(3), 2, 1),
            Batches.Placed(Batches.Of(1), 5, 2), Batches.Placed(Batches.Of(2), 6, 4));

        Assert.Equal(new ReplicaAppendResult(4, sent.Length, ReplicaAppendStop.None), _log.AppendReplicated(sent, fetchEpoch: 4));
        Assert.Equal(sent, _log.ReadAll());
        Assert.Equal(new LeaderEpoch(4), _log.LastEpoch);
    }

    [Fact]
    public void A_batch_that_is_refused_stops_the_rest_but_not_what_came_before()
    {
        byte[] good = Batches.Placed(Batches.Of(2), 0, 3);
        byte[] damaged = Batches.Placed(Batches.Of(2), 2, 3);
        damaged[^1] ^= 1;
        byte[] after = Batches.Placed(Batches.Of(2), 4, 3);

        Assert.Equal(
            new ReplicaAppendResult(1, good.Length, ReplicaAppendStop.CorruptBatch),
            _log.AppendReplicated(Join(good, damaged, after), fetchEpoch: 3));
        Assert.Equal(
            ReplicaAppendStop.WrongOffset, _log.AppendReplicated(after, fetchEpoch: 3).Stop);
        Assert.Equal(
            ReplicaAppendStop.WrongEpoch, _log.AppendReplicated(Batches.Placed(Batches.Of(1), 2, 2), fetchEpoch: 3).Stop);
        Assert.Equal(
            ReplicaAppendStop.WrongEpoch, _log.AppendReplicated(Batches.Placed(Batches.Of(1), 2, 4), fetchEpoch: 3).Stop); // KAFKA-18723
        Assert.Equal(
            new ReplicaAppendResult(0, 0, ReplicaAppendStop.None), _log.AppendReplicated(after[..30], fetchEpoch: 3));
        Assert.Equal(new Offset(2), _log.LogEndOffset);
    }

    [Theory]
    [InlineData(5, 5, 25)] // its own last epoch ends at the log end
    [InlineData(4, 3, 20)] // unknown: the largest below, up to the next one's start
    [InlineData(3, 3, 20)]
    [InlineData(2, 1, 10)]
    [InlineData(1, 1, 10)]
    [InlineData(0, 0, 0)] // below all: begins where the first begins
    public void An_epoch_ends_where_the_next_begins(int asked, int epoch, long end) // C-4.4; the examples of section 7
    {
        PartitionLog log = _directory.Create("epochs", 0, TestDirectory.Topic, LogOptions.Default);
        log.Append(Batches.Of(10), epoch: 1);
        log.Append(Batches.Of(10), epoch: 3);
        log.Append(Batches.Of(5), epoch: 5);

        Assert.Equal(new EpochEndOffset(new LeaderEpoch(epoch), new Offset(end)), log.EndOffsetForEpoch(new LeaderEpoch(asked)));
    }

    [Fact]
    public void A_reign_without_a_batch_is_forgotten_by_a_truncation_that_cuts_nothing() // P45
    {
        _log.Append(Batches.Of(20), epoch: 4);
        _log.AssignLeaderEpoch(new LeaderEpoch(5));
        Assert.Equal(new Offset(20), _log.EndOffsetForEpoch(new LeaderEpoch(4)).EndOffset);

        _log.TruncateTo(new Offset(20));
        _log.Append(Batches.Of(1), epoch: 4);

        Assert.Equal(new EpochEndOffset(new LeaderEpoch(4), new Offset(21)), _log.EndOffsetForEpoch(new LeaderEpoch(4)));
    }

    [Fact]
    public void A_follower_forgets_its_own_reign_without_a_batch() // S-R12: the next leader goes on with batches of before
    {
        _log.Append(Batches.Of(20), epoch: 4);
        _log.AssignLeaderEpoch(new LeaderEpoch(6));
        byte[] sent = Batches.Placed(Batches.Of(1), 20, 5);
        Assert.Equal(ReplicaAppendStop.WrongEpoch, _log.AppendReplicated(sent, fetchEpoch: 7).Stop);

        _log.ForgetEmptyReign();

        Assert.Equal(1, _log.AppendReplicated(sent, fetchEpoch: 7).Batches);
        Assert.Equal(new EpochEndOffset(new LeaderEpoch(5), new Offset(21)), _log.EndOffsetForEpoch(new LeaderEpoch(6)));
    }

    [Fact]
    public void A_reign_with_batches_is_not_forgotten()
    {
        _log.Append(Batches.Of(20), epoch: 4);
        _log.Append(Batches.Of(1), epoch: 6);

        _log.ForgetEmptyReign();

        Assert.Equal(new Offset(20), _log.EndOffsetForEpoch(new LeaderEpoch(4)).EndOffset);
    }

    [Fact]
    public void A_full_truncation_starts_anew_where_the_leader_begins()
    {
        _log.Append(Batches.Of(20), epoch: 4);

        _log.TruncateFullyAt(new Offset(500));

        Assert.Equal((new Offset(500), new Offset(500)), (_log.LogStartOffset, _log.LogEndOffset));
        Assert.Equal(LeaderEpoch.Unknown, _log.LastEpoch);
        Assert.Equal(1, _log.AppendReplicated(Batches.Placed(Batches.Of(1), 500, 2), fetchEpoch: 9).Batches);
    }

    [Fact]
    public void A_slice_of_bytes_that_were_cut_and_written_anew_is_refused()
    {
        _log.Append(Batches.Of(2), epoch: 1);
        _log.Append(Batches.Of(2), epoch: 1);
        using LogSlice kept = _log.Read(Offset.Zero, 1, _log.LogEndOffset);
        using LogSlice cut = _log.Read(new Offset(2), 1000, _log.LogEndOffset);

        _log.TruncateTo(new Offset(2));
        _log.Append(Batches.Of(2, filler: 99), epoch: 2);

        byte[] buffer = new byte[1000];
        Assert.Equal(kept.Length, kept.CopyTo(buffer, 0));
        Assert.Equal(StorageErrorKind.Truncated, Assert.Throws<StorageException>(() => cut.CopyTo(buffer, 0)).Kind);
    }
}
