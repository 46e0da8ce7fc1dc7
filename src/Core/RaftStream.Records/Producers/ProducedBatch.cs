using RaftStream.Model;

namespace RaftStream.Records.Producers;

/// <summary>A batch that an idempotent producer wrote, as far as it takes to know it again (G-3.2).</summary>
/// <param name="FirstSequence">Sequence of its first record.</param>
/// <param name="LastSequence">Sequence of its last record.</param>
/// <param name="LastOffset">Offset of its last record.</param>
/// <param name="OffsetDelta">Last offset minus first offset.</param>
/// <param name="LogAppendTimeMs">What the broker stamped, milliseconds since 1970; -1 when it kept the producer's times.</param>
public readonly record struct ProducedBatch(int FirstSequence, int LastSequence, Offset LastOffset, int OffsetDelta, long LogAppendTimeMs)
{
    /// <summary>Offset of its first record.</summary>
    public Offset BaseOffset => new(LastOffset.Value - OffsetDelta);

    /// <summary>The offset behind it (exclusive end).</summary>
    public Offset End => LastOffset.Plus(1);

    /// <summary>What to remember of a batch of which the header is at its place in the log.</summary>
    public static ProducedBatch Of(in RecordBatchHeader placed) => new(
        placed.BaseSequence,
        placed.LastSequence,
        placed.LastOffset,
        placed.LastOffsetDelta,
        placed.TimestampType == TimestampType.LogAppendTime ? placed.MaxTimestamp : -1);
}
