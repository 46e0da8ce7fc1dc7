using RaftStream.Model;
using RaftStream.Records.Producers;

namespace RaftStream.Broker.Producing;

/// <summary>An idempotent producer that a partition knows (KIP-664): from its first batch until it was silent for a day (G-3.9).</summary>
/// <param name="LastSequence">Of the last record in this epoch.</param>
/// <param name="LastSeenMs">When the leader's replica took the last batch, milliseconds since 1970-01-01 UTC.</param>
/// <param name="CoordinatorEpoch">Of the coordinator that ended the last transaction; -1 is none.</param>
/// <param name="TransactionStart">Where the transaction under way begins; -1 is none.</param>
public readonly record struct ActiveProducer(
    long ProducerId, short Epoch, int LastSequence, long LastSeenMs, int CoordinatorEpoch, Offset TransactionStart)
{
    internal static ActiveProducer Of(ProducerEntry entry) =>
        new(entry.ProducerId, entry.Epoch, entry.LastSequence, entry.LastSeenMs, CoordinatorEpoch: -1, TransactionStart: new Offset(-1));
}

/// <summary>The producers that a partition's leader knows, by id, or why there is no answer.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> is success.</param>
public sealed record DescribedProducers(ErrorCode Error, IReadOnlyList<ActiveProducer> Producers);
