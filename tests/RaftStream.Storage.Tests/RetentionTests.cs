using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

public sealed class RetentionTests
{
    private const long Hour = 3_600_000;

    /// <summary>Four closed segments and an active one, a batch of two records each, appended at hours 0 to 4.</summary>
    private static PartitionLog FiveSegments(LogDirectory directory, LogOptions options, long recordTimestampMs = 0)
    {
        PartitionLog log = directory.CreateLog(options with { SegmentBytes = 1 });
        for (int i = 0; i < 5; i++)
        {
            log.Append(Batches.Of(2, recordTimestampMs), nowMs: i * Hour);
        }

        return log;
    }

    [Theory]
    [InlineData(0, 0)] // nothing is older than an hour
    [InlineData(Hour, 0)] // exactly an hour old: not older
    [InlineData(Hour + 1, 1)]
    [InlineData((3 * Hour) + 1, 3)]
    [InlineData(100 * Hour, 4)] // never the active segment
    public void Segments_go_once_their_append_time_is_older_than_retention(long nowMs, int segments)
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = FiveSegments(directory, new LogOptions { RetentionMs = Hour });

        RetentionResult result = log.ApplyRetention(nowMs, log.LogEndOffset);

        Assert.Equal(segments, result.Segments);
        Assert.Equal(new Offset(2 * segments), log.LogStartOffset);
        Assert.Equal(ErrorCode.None, log.Read(log.LogStartOffset, 1000, log.LogEndOffset).Error);
    }

    [Theory]
    [InlineData(10, 0)] // the bound is the high watermark: nothing at or above it goes (S-S6)
    [InlineData(3, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 0)]
    public void Nothing_at_or_above_the_bound_goes(long bound, int segments)
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = FiveSegments(directory, new LogOptions { RetentionMs = bound == 10 ? -1 : Hour });

        Assert.Equal(segments, log.ApplyRetention(100 * Hour, new Offset(bound)).Segments);
    }

    [Fact]
    public void Size_keeps_the_newest_segments_that_reach_the_limit()
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = FiveSegments(directory, new LogOptions { RetentionMs = -1 });
        long segmentBytes = log.SizeInBytes / 5;

        log.UpdateOptions(log.Options with { RetentionBytes = (2 * segmentBytes) + 1 });
        RetentionResult result = log.ApplyRetention(0, log.LogEndOffset);

        Assert.Equal(2, result.Segments);
        Assert.Equal(2 * segmentBytes, result.Bytes);
        Assert.Equal(3 * segmentBytes, log.SizeInBytes);
    }

    [Fact]
    public void Records_from_1970_are_kept_for_retention_by_append_time() // S-S6, P72
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = FiveSegments(directory, new LogOptions { RetentionMs = 10 * Hour });

        Assert.Equal(0, log.ApplyRetention(9 * Hour, log.LogEndOffset).Segments);
    }

    [Theory]
    [InlineData(true, 4)] // the leader bounds timestamps: append time decides
    [InlineData(false, 0)] // it does not: the record keeps the segment
    public void Records_from_2100_pin_a_segment_only_where_timestamps_are_unbounded(bool bounded, int segments)
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        var options = new LogOptions { RetentionMs = Hour, TimestampsAreBounded = bounded };
        PartitionLog log = FiveSegments(directory, options, recordTimestampMs: 4_102_444_800_000);

        Assert.Equal(segments, log.ApplyRetention(100 * Hour, log.LogEndOffset).Segments);
    }

    [Fact]
    public void An_idle_log_rolls_so_that_it_can_expire()
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = directory.CreateLog(new LogOptions { RetentionMs = Hour });
        log.Append(Batches.Of(2), nowMs: 0);

        Assert.False(log.RollIfDue(Hour));
        Assert.True(log.RollIfDue(Hour + 1));
        Assert.Equal(1, log.ApplyRetention(Hour + 1, log.LogEndOffset).Segments);
        Assert.Equal(log.LogEndOffset, log.LogStartOffset);
    }

    [Fact]
    public void R_15_1_retention_that_meets_a_truncation_looks_at_what_is_left()
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = FiveSegments(directory, new LogOptions { RetentionMs = Hour });
        Exception? failure = null;
        var retention = new Thread(() => failure = Record.Exception(() => log.ApplyRetention(100 * Hour, log.LogEndOffset)));

        lock (log.State.FlushLock) // a truncation is under way
        {
            retention.Start();
            SpinWait.SpinUntil(() => (retention.ThreadState & ThreadState.WaitSleepJoin) != 0);
            log.TruncateTo(new Offset(2));
        }

        retention.Join();
        Assert.Null(failure);
        Assert.Equal(Offset.Zero, log.LogStartOffset);
        Assert.Equal(new Offset(2), log.LogEndOffset);
    }

    [Fact]
    public void A_wall_clock_that_jumps_forward_erases_nothing()
    {
        var clock = new RetentionClock();
        const long Day = 24 * Hour;

        Assert.Equal(1000, clock.Read(wallMs: 1000, monotonicMs: 0));
        Assert.Equal(1000 + 500 + RetentionClock.DriftBoundMs, clock.Read(wallMs: 30 * Day, monotonicMs: 500));
        Assert.Equal(2000, clock.Read(wallMs: 2000, monotonicMs: 1000));
    }

    [Fact]
    public void A_deleted_segment_stays_readable_for_who_holds_a_slice_of_it()
    {
        using LogDirectory directory = TestDirectory.OpenNew(new MemoryFileSystem());
        PartitionLog log = FiveSegments(directory, new LogOptions { RetentionMs = Hour });
        LogSlice slice = log.Read(Offset.Zero, 1000, log.LogEndOffset);

        log.ApplyRetention(100 * Hour, log.LogEndOffset);

        byte[] bytes = new byte[slice.Length];
        Assert.Equal(bytes.Length, slice.CopyTo(bytes, 0));
        Assert.Equal(new Offset(0), Batches.Headers(bytes)[0].BaseOffset);
        slice.Dispose();
        Assert.Equal(ErrorCode.OffsetOutOfRange, log.Read(Offset.Zero, 1000, log.LogEndOffset).Error);
    }
}
