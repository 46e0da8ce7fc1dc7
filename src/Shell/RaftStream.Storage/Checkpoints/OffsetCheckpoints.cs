using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary>What the checkpoints say of one partition; null where they say nothing.</summary>
/// <param name="Flushed">Everything below it was committed, and flushed here; at most the high watermark.</param>
internal readonly record struct CheckpointedOffsets(Offset? RecoveryPoint, Offset? LogStart, Offset? HighWatermark, Offset? Flushed);

/// <summary>The recovery-point, log-start, high-watermark and flushed-offset checkpoints of a data folder. Thread-safe.</summary>
/// <remarks>
/// Two rules make them safe to believe after a crash. A recovery point is stored only after everything below it was
/// flushed, and lowered durably before a truncation cuts below it: else data appended after the truncation would be
/// taken for flushed. A log start is durable before anything below it is deleted.
/// The high watermark promises nothing: with flush=os it is ahead of what is on the disk, and recovery takes as much of it as there is
/// . What of it was flushed must be there again.
/// </remarks>
internal sealed class OffsetCheckpoints(IFileSystem fileSystem, string directory)
{
    internal const string RecoveryPointName = "recovery-point-offset-checkpoint";
    internal const string LogStartName = "log-start-offset-checkpoint";
    internal const string HighWatermarkName = "replication-offset-checkpoint";
    internal const string FlushedName = "flushed-offset-checkpoint";

    private readonly Lock _lock = new();
    private readonly OffsetCheckpointFile _recoveryPoints = new(fileSystem, directory, RecoveryPointName);
    private readonly OffsetCheckpointFile _logStarts = new(fileSystem, directory, LogStartName);
    private readonly OffsetCheckpointFile _highWatermarks = new(fileSystem, directory, HighWatermarkName);
    private readonly OffsetCheckpointFile _flushed = new(fileSystem, directory, FlushedName);

    internal void Load()
    {
        lock (_lock)
        {
            _recoveryPoints.Load();
            _logStarts.Load();
            _highWatermarks.Load();
            _flushed.Load();
        }
    }

    /// <summary>Partitions of which something was flushed.</summary>
    internal IReadOnlyCollection<string> Partitions
    {
        get
        {
            lock (_lock)
            {
                return [.. _recoveryPoints.Partitions.Union(_flushed.Partitions)];
            }
        }
    }

    internal CheckpointedOffsets Find(string partition)
    {
        lock (_lock)
        {
            return new CheckpointedOffsets(
                _recoveryPoints.Find(partition), _logStarts.Find(partition), _highWatermarks.Find(partition), _flushed.Find(partition));
        }
    }

    /// <summary>Notes them; durable after <see cref="Save"/>. Under the log's flush lock, as <see cref="LowerTo"/>: the later one wins.</summary>
    internal void Set(string partition, Offset recoveryPoint, Offset highWatermark, Offset flushed)
    {
        lock (_lock)
        {
            _recoveryPoints.Set(partition, recoveryPoint);
            _highWatermarks.Set(partition, highWatermark);
            _flushed.Set(partition, flushed);
        }
    }

    internal void Save()
    {
        lock (_lock)
        {
            _recoveryPoints.Save();
            _logStarts.Save();
            _highWatermarks.Save();
            _flushed.Save();
        }
    }

    /// <summary>Before a truncation: no checkpoint promises anything from <paramref name="end"/> on. Durable.</summary>
    internal void LowerTo(string partition, Offset end)
    {
        lock (_lock)
        {
            foreach (OffsetCheckpointFile file in (ReadOnlySpan<OffsetCheckpointFile>)[_recoveryPoints, _highWatermarks, _flushed])
            {
                if (file.Find(partition) > end)
                {
                    file.Set(partition, end);
                }

                file.Save();
            }
        }
    }

    /// <summary>Before anything below <paramref name="logStart"/> is deleted. Durable.</summary>
    internal void SetLogStart(string partition, Offset logStart)
    {
        lock (_lock)
        {
            _logStarts.Set(partition, logStart);
            _logStarts.Save();
        }
    }

    /// <summary>Forgets partitions that have no folder any more; durable with the next save.</summary>
    internal void RetainOnly(IEnumerable<string> partitions)
    {
        HashSet<string> known = [.. partitions];
        lock (_lock)
        {
            _recoveryPoints.RetainOnly(known);
            _logStarts.RetainOnly(known);
            _highWatermarks.RetainOnly(known);
            _flushed.RetainOnly(known);
        }
    }

    /// <summary>Forgets a deleted partition; durable with the next save.</summary>
    internal void Remove(string partition)
    {
        lock (_lock)
        {
            _recoveryPoints.Remove(partition);
            _logStarts.Remove(partition);
            _highWatermarks.Remove(partition);
            _flushed.Remove(partition);
        }
    }
}
