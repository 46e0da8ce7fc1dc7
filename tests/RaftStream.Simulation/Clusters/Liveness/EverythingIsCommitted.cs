using RaftStream.Broker.Partitions;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Liveness;

/// <summary>L-8, L-9: when nobody writes any more, everything is committed everywhere and nothing waits.</summary>
internal static class EverythingIsCommitted
{
    public static string? Wrong(ClusterWorld world)
    {
        foreach (Producer producer in world.Producers)
        {
            if (producer.InFlight > 0)
            {
                return $"L-8: {producer.InFlight} produce requests have no end";
            }
        }

        foreach (BrokerMachine broker in world.Brokers)
        {
            foreach (PartitionCell cell in broker.Process?.Table.Cells ?? [])
            {
                if (cell.HighWatermark != cell.Log.LogEndOffset)
                {
                    return $"L-9: {cell.Name} on {broker.Id} ends at {cell.Log.LogEndOffset} and is committed up to {cell.HighWatermark}";
                }

                if (cell.WaitingProduces > 0 || cell.ParkedFetches > 0)
                {
                    return $"L-8: {cell.WaitingProduces} produce requests and {cell.ParkedFetches} fetches wait at {cell.Name} on {broker.Id}";
                }
            }
        }

        return null;
    }
}
