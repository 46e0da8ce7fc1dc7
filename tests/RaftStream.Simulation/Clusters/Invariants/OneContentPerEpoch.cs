using RaftStream.Broker.Partitions;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R9: an offset has one content per leader epoch, and only the incarnation that leads that epoch writes in it.</summary>
internal sealed class OneContentPerEpoch : ClusterInvariant
{
    private readonly Dictionary<(PartitionTruth Truth, long Offset, int Epoch), ulong> _contents = [];

    /// <remarks>What a process wrote in its last moment shows only here.</remarks>
    public override void Recovered(BrokerProcess process, PartitionTruth truth, ReplicaShadow before, ReplicaShadow after)
    {
        for (long offset = Math.Max(before.End, after.Start); offset < after.End; offset++)
        {
            Check(truth, after, offset);
        }
    }

    public override void Appended(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica, long from)
    {
        for (long offset = from; offset < replica.End; offset++)
        {
            LogEntry entry = replica[offset];
            if (entry == LogEntry.Unknown || !Check(truth, replica, offset))
            {
                continue;
            }

            long at = offset;
            bool isKnown = truth.Reigns.TryGetValue(entry.Epoch, out var reign);
            Require(isKnown && reign.Leader == process.Id && reign.Epoch == process.Epoch, "S-R9", () =>
                $"{truth.Name}: broker {process.Id} of registration {process.Epoch.Value} wrote {at} in epoch {entry.Epoch}, which belongs to {reign}");
        }
    }

    /// <returns>True when nobody had it before.</returns>
    private bool Check(PartitionTruth truth, ReplicaShadow replica, long offset)
    {
        LogEntry entry = replica[offset];
        bool isNew = _contents.TryAdd((truth, offset, entry.Epoch), entry.Content);
        Require(isNew || _contents[(truth, offset, entry.Epoch)] == entry.Content, "S-R9", () =>
            $"{truth.Name}: two contents at {offset} of epoch {entry.Epoch}, one on broker {replica.Broker}");
        return isNew;
    }
}
