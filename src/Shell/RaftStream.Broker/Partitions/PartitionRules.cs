using RaftStream.Metadata.Configs;
using RaftStream.Internal.V1;
using RaftStream.Records;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>What a topic's configs mean for its partitions here. Immutable; replaced as a whole when configs change.</summary>
internal sealed class PartitionRules
{
    /// <summary>
    /// How often a batch's records may be as large as max.message.bytes once decompressed: real ones seldom shrink more.
    /// </summary>
    private const int MaxDecompressedRatio = 64;

    /// <summary>Decompressed records up to this are taken however small max.message.bytes is.</summary>
    private const int LeastDecompressedLimit = 1 << 20;

    public PartitionRules(TopicSettings settings, int maxDecompressedBytes)
    {
        Settings = settings;
        StampsLogAppendTime = settings.StampsLogAppendTime;
        Batches = new RecordBatchRules
        {
            MaxBatchBytes = settings.MaxMessageBytes,
            MaxSegmentBytes = settings.SegmentBytes,
            MaxDecompressedBytes = DecompressedLimit(settings.MaxMessageBytes, maxDecompressedBytes),
            TimestampType = settings.StampsLogAppendTime ? TimestampType.LogAppendTime : TimestampType.CreateTime,
            TimestampBeforeMaxMs = settings.TimestampBeforeMaxMs,
            TimestampAfterMaxMs = settings.TimestampAfterMaxMs,
        };
        Log = new LogOptions
        {
            SegmentBytes = settings.SegmentBytes,
            SegmentMs = settings.SegmentMs,
            SegmentJitterMs = settings.SegmentJitterMs,
            IndexIntervalBytes = settings.IndexIntervalBytes,
            IndexMaxBytes = settings.SegmentIndexBytes,
            Flush = settings.Flush == Flush.Commit ? FlushMode.Commit : FlushMode.Os,
            FlushBytes = settings.FlushBytes,
            RetentionMs = settings.RetentionMs,
            RetentionBytes = settings.RetentionBytes,
            TimestampsAreBounded = settings.TimestampAfterMaxMs < long.MaxValue,
            Preallocate = settings.Preallocate,
        };
    }

    public TopicSettings Settings { get; }

    public RecordBatchRules Batches { get; }

    public LogOptions Log { get; }

    public bool StampsLogAppendTime { get; }

    /// <summary>A topic of small batches need not decompress large ones: that bounds the work of a bomb.</summary>
    private static int DecompressedLimit(int maxMessageBytes, int most) =>
        (int)Math.Min(most, Math.Max(LeastDecompressedLimit, (long)maxMessageBytes * MaxDecompressedRatio));
}
