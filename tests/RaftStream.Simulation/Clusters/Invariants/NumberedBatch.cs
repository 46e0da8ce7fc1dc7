using RaftStream.Records;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>A batch of an idempotent producer in a log.</summary>
/// <param name="End">Exclusive.</param>
internal readonly record struct NumberedBatch(long Base, long End, long ProducerId, short Epoch, int FirstSequence, int LastSequence)
{
    public static NumberedBatch Of(in RecordBatchHeader header) => new(
        header.BaseOffset.Value, header.NextOffset.Value, header.ProducerId, header.ProducerEpoch, header.BaseSequence, header.LastSequence);
}
