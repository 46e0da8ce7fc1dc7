using RaftStream.Model;

namespace RaftStream.Storage;

/// <summary>A reign and the first offset that it owns in this log (C-4.4).</summary>
internal readonly record struct EpochEntry(LeaderEpoch Epoch, Offset Start);
