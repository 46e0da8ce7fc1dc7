using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R4: what a consumer was given at an offset is what is committed there, for ever.</summary>
internal sealed class ReadsAreCommitted : ClusterInvariant
{
    public static void Consumed(BrokerProcess process, PartitionTruth truth, long from, ReadOnlySpan<byte> batches) =>
        ReplicaShadow.Read(batches, (header, content) =>
        {
            for (long offset = Math.Max(from, header.BaseOffset.Value); offset < header.NextOffset.Value; offset++)
            {
                bool isThere = offset < truth.Committed.Count && truth.Committed[(int)offset].Content == content;
                bool isGoing = truth.IsLost(offset, content) && truth.MayHoldTheLost(truth.ReplicaOf(process.Id.Value));
                Require(isThere || isGoing || (offset < truth.Committed.Count && truth.Committed[(int)offset] == LogEntry.Unknown), "S-R4", () =>
                    $"{truth.Name}: a consumer of broker {process.Id} was given something else at {offset} than is committed");
            }
        });
}
