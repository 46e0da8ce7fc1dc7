using System.Collections.Immutable;
using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R12, S-S3: the epoch cache says where the epochs of the batches begin, and nothing more but where the own reign does.</summary>
internal sealed class EpochCacheIsRight : ClusterInvariant
{
    public override void Changed(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica)
    {
        ImmutableArray<EpochEntry> entries = cell.Log.State.Epochs.Entries;
        if (entries != replica.Epochs)
        {
            replica.Epochs = entries;
            Check(process, entries, truth, replica);
        }
    }

    private static void Check(BrokerProcess process, ImmutableArray<EpochEntry> entries, PartitionTruth truth, ReplicaShadow replica)
    {
        List<EpochEntry> computed = [];
        for (long offset = replica.Start; offset < replica.End; offset++)
        {
            int epoch = replica[offset].Epoch;
            if (epoch >= 0 && (computed.Count == 0 || computed[^1].Epoch.Value != epoch))
            {
                computed.Add(new EpochEntry(new LeaderEpoch(epoch), new Offset(offset)));
            }
        }

        Require(entries.Where(entry => entry.Start.Value < replica.End).SequenceEqual(computed), "S-R12", () =>
            $"{truth.Name}: broker {process.Id} has epochs {string.Join(" ", entries)}, and the batches say {string.Join(" ", computed)}");
        Require(entries.Count(entry => entry.Start.Value >= replica.End) <= 1, "S-R12", () =>
            $"{truth.Name}: broker {process.Id} keeps epochs without batches: {string.Join(" ", entries)}");
    }
}
