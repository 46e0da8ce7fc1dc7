namespace RaftStream.Client;

/// <summary>An idempotent producer that a partition knows, as its leader says (KIP-664).</summary>
/// <param name="LastSequence">Of its last record in this epoch; -1 is none.</param>
/// <param name="LastTimestampMs">When the leader's replica took its last batch, milliseconds since 1970 UTC.</param>
/// <param name="CoordinatorEpoch">-1 unless it is transactional.</param>
/// <param name="TransactionStartOffset">Where its transaction under way begins; -1 is none.</param>
public sealed record ProducerDescription(
    NamedPartition Partition, long ProducerId, int Epoch, int LastSequence, long LastTimestampMs, int CoordinatorEpoch, long TransactionStartOffset);
