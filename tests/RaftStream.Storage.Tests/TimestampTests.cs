using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Tests;

/// <summary>ListOffsets by time .</summary>
public sealed class TimestampTests : IDisposable
{
    private readonly LogDirectory _directory = TestDirectory.OpenNew(new MemoryFileSystem());
    private readonly PartitionLog _log;

    public TimestampTests() => _log = _directory.CreateLog(new LogOptions { SegmentBytes = 300, IndexIntervalBytes = 1 });

    public void Dispose() => _directory.Dispose();

    private static ReadOnlyMemory<byte> Of(CompressionCodec codec, params long[] timestampsMs)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { Codec = codec });
        foreach (long timestampMs in timestampsMs)
        {
            builder.TryAppend(timestampMs, default, new byte[50]);
        }

        return builder.Build().ToArray();
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    public void The_first_record_at_or_after_the_time_is_found_inside_its_batch(CompressionCodec codec)
    {
        _log.Append(Of(codec, 100, 110, 120), epoch: 1);
        _log.Append(Of(codec, 90, 130, 125), epoch: 2);
        _log.Append(Of(codec, 140), epoch: 3);

        Assert.Equal(new TimestampOffset(new Offset(0), 100, new LeaderEpoch(1)), _log.FindByTimestamp(0, _log.LogEndOffset));
        Assert.Equal(new TimestampOffset(new Offset(2), 120, new LeaderEpoch(1)), _log.FindByTimestamp(111, _log.LogEndOffset));
        Assert.Equal(new TimestampOffset(new Offset(4), 130, new LeaderEpoch(2)), _log.FindByTimestamp(121, _log.LogEndOffset));
        Assert.Equal(new TimestampOffset(new Offset(6), 140, new LeaderEpoch(3)), _log.FindByTimestamp(131, _log.LogEndOffset));
        Assert.Null(_log.FindByTimestamp(141, _log.LogEndOffset));
    }

    [Fact]
    public void Nothing_at_or_above_the_bound_is_found()
    {
        _log.Append(Of(CompressionCodec.None, 100));
        _log.Append(Of(CompressionCodec.None, 200));

        Assert.Null(_log.FindByTimestamp(150, new Offset(1)));
        Assert.Equal(100, _log.FindMaxTimestamp(new Offset(1))?.TimestampMs);
        Assert.Equal(200, _log.FindMaxTimestamp(new Offset(2))?.TimestampMs);
        Assert.Null(_log.FindMaxTimestamp(Offset.Zero));
    }

    [Fact]
    public void Nothing_below_the_log_start_is_found()
    {
        _log.Append(Of(CompressionCodec.None, 300, 100, 200));
        _log.AdvanceLogStart(new Offset(1));

        Assert.Equal(new Offset(1), _log.FindByTimestamp(50, _log.LogEndOffset)?.Offset);
        Assert.Null(_log.FindByTimestamp(250, _log.LogEndOffset));
        Assert.Equal(200, _log.FindMaxTimestamp(_log.LogEndOffset)?.TimestampMs);
    }
}
