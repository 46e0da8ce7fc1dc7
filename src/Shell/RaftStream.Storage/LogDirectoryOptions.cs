namespace RaftStream.Storage;

/// <summary>Settings of a <see cref="LogDirectory"/>.</summary>
public sealed record LogDirectoryOptions
{
    /// <summary>Settings that logs have until <see cref="PartitionLog.UpdateOptions"/>.</summary>
    public LogOptions DefaultLogOptions { get; init; } = LogOptions.Default;

    /// <summary>
    /// Free bytes below which <see cref="LogDirectory.HasRoom"/> is false (<c>min.free.bytes</c>, R-12.6): kept for metadata and
    /// checkpoints. It is true again when a quarter more is free.
    /// </summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>Milliseconds between renaming a deleted partition's folder and removing it (<c>file.delete.delay.ms</c>).</summary>
    public long FileDeleteDelayMs { get; init; } = 60_000;

    /// <summary>Logs recovered at the same time; 1 recovers them in the order of their names on the caller's thread.</summary>
    public int RecoveryParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Rules that a test switches off.</summary>
    internal Sabotage Sabotage { get; init; }
}
