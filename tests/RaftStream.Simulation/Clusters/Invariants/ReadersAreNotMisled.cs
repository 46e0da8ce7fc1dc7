using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>R-11.3, R-11.6, X-17: the end that the leader tells never falls, and nobody sends a consumer back who read what is committed (P66, P67).</summary>
internal sealed class ReadersAreNotMisled : ClusterInvariant
{
    /// <summary>The leader of the controller's epoch knows an end only once it is behind all that was ever committed.</summary>
    public static void EndAsked(PartitionCell cell, PartitionTruth truth, in FoundOffset found)
    {
        long told = found.Offset.Value;
        bool counts = found.Error == ErrorCode.None && cell.Role.LeaderEpoch == truth.State?.LeaderEpoch && !truth.IsDeleted;
        Require(!counts || told >= truth.Committed.Count, "R-11.3", () =>
            $"{truth.Name}: the leader says that the log ends at {told}, and it is committed up to {truth.Committed.Count}");
    }

    /// <summary>Only what was deleted is out of range; a leader that was deposed may know less than its reader .</summary>
    public static void OutOfRange(BrokerProcess process, PartitionCell cell, PartitionTruth truth, Offset offset) => Require(
        offset < cell.Log.LogStartOffset || (cell.Role.IsLeader && cell.Role.LeaderEpoch != truth.State?.LeaderEpoch) || truth.IsDeleted || truth.LastUncleanEpoch >= 0,
        "R-11.6",
        () => $"{truth.Name}: broker {process.Id} tells a consumer at {offset} that this is not in its log, from {cell.Log.LogStartOffset} to {cell.Log.LogEndOffset}");
}
