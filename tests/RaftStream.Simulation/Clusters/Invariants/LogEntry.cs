namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>What a log holds at one offset.</summary>
/// <param name="Epoch">Leader epoch of the batch; -1 is "not known", below a start.</param>
/// <param name="Content">Hash of the batch.</param>
internal readonly record struct LogEntry(int Epoch, ulong Content)
{
    public static readonly LogEntry Unknown = new(-1, 0);
}
