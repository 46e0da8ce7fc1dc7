using RaftStream.Broker.Partitions;
using RaftStream.Records.Producers;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R7: in every log the sequences of a producer's epoch begin at 0 and go on without a gap, none twice; and the log's table of producers says what the log says (G-3.2).</summary>
internal sealed class SequencesContinue : ClusterInvariant
{
    public override void Recovered(BrokerProcess process, PartitionTruth truth, ReplicaShadow before, ReplicaShadow after) => Check(truth, after, from: 0);

    public override void Appended(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica, long from) => Check(truth, replica, from);

    public override void Changed(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica)
    {
        if (!replica.IsTableChecked)
        {
            replica.IsTableChecked = true;
            CheckTable(truth, replica);
        }
    }

    private static void Check(PartitionTruth truth, ReplicaShadow replica, long from)
    {
        List<NumberedBatch> batches = replica.Numbered;
        long start = Math.Max(replica.Start, replica.Log?.LogStartOffset.Value ?? 0);
        for (int i = batches.Count - 1; i >= 0 && batches[i].Base >= from; i--)
        {
            NumberedBatch batch = batches[i];
            int found = i == 0 ? -1 : batches.FindLastIndex(i - 1, other => other.ProducerId == batch.ProducerId);
            NumberedBatch? last = found < 0 || batches[found].End <= start ? null : batches[found];
            Require(Continues(batch, last, start), "S-R7", () => $"{truth.Name}: broker {replica.Broker} has {batch} behind {last}");
        }
    }

    // What was deleted with the beginning of the log is not known here; a log that began anew had something else there (R-7.6).
    private static bool Continues(in NumberedBatch batch, in NumberedBatch? last, long start) => last is not { } known
        ? batch.FirstSequence == 0 || start > 0
        : batch.Epoch == known.Epoch
            ? batch.FirstSequence == ProducerSequence.Next(known.LastSequence)
            : batch.Epoch > known.Epoch && batch.FirstSequence == 0;

    private static void CheckTable(PartitionTruth truth, ReplicaShadow replica)
    {
        foreach (IGrouping<long, NumberedBatch> producer in replica.Numbered.GroupBy(batch => batch.ProducerId))
        {
            NumberedBatch last = producer.Last();
            ProducerEntry? entry = replica.Log!.Producers.Find(producer.Key);
            Require(last.Base < replica.Start || (entry?.Epoch == last.Epoch && entry.LastSequence == last.LastSequence), "S-R7", () =>
                $"{truth.Name}: broker {replica.Broker} has {last}, and knows of {(entry is null ? "nothing" : $"epoch {entry.Epoch} up to {entry.LastSequence}")}");
        }
    }
}
