namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R13: what was acknowledged with acks=all is committed at its offset when it is acknowledged, and ever after.</summary>
internal sealed class AcknowledgedStays : ClusterInvariant
{
    public static void Confirmed(PartitionTruth truth, long offset, ulong content, string when) =>
        Require(truth.IsLost(offset, content) || (offset >= 0 && offset < truth.Committed.Count && truth.Committed[(int)offset].Content == content), "S-R13", () =>
            $"{truth.Name}: {offset} was acknowledged and {when} {(offset < truth.Committed.Count ? "something else is" : "nothing is")} committed there");
}
