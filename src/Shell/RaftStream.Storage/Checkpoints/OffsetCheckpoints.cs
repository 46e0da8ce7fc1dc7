using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Checkpoints;

/// <summary>What the checkpoints say of one partition; null where they say nothing.</summary>
internal readonly record struct CheckpointedOffsets(Offset? RecoveryPoint, Offset? LogStart, Offset? HighWatermark);

/// <summary>The recovery-point, log-start and high-watermark checkpoints of a data folder. Thread-safe.</summary>
/// <remarks>
/// Two rules make them safe to believe after a crash. A recovery point is stored only after everything below it was
/// flushed, and lowered durably before a truncation cuts below it: else data appended after the truncation would be
/// taken for flushed. A log start is durable before anything below it is deleted.
/// </remarks>
internal sealed class OffsetCheckpoints(IFileSystem fileSystem, string directory)
{
    internal const string RecoveryPointName = "recovery-point-offset-checkpoint";
    internal const string LogStartName = "log-start-offset-checkpoint";
    internal const string HighWatermarkName = "replication-offset-checkpoint";

    private readonly Lock _lock = new();
    private readonly OffsetCheckpointFile _recoveryPoints = new(fileSystem, directory, RecoveryPointName);
    private readonly OffsetCheckpointFile _logStarts = new(fileSystem, directory, LogStartName);
    private readonly OffsetCheckpointFile _highWatermarks = new(fileSystem, directory, HighWatermarkName);

    internal void Load()
    {
        lock (_lock)
        {
            _recoveryPoints.Load();
            _logStarts.Load();
            _highWatermarks.Load();
        }
    }

    /// <summary>Partitions of which the recovery-point or high-watermark checkpoint says something.</summary>
    internal IReadOnlyCollection<string> Partitions
    {
        get
        {
            lock (_lock)
            {
                return [.. _recoveryPoints.Partitions.Union(_highWatermarks.Partitions)];
            }
        }
    }

    internal CheckpointedOffsets Find(string partition)
    {
        lock (_lock)
        {
            return new CheckpointedOffsets(
                _recoveryPoints.Find(partition), _logStarts.Find(partition), _highWatermarks.Find(partition));
        }
    }

    /// <summary>Notes both; durable after <see cref="Save"/>. Under the log's flush lock, as <see cref="LowerTo"/>: the later one wins.</summary>
    internal void Set(string partition, Offset recoveryPoint, Offset highWatermark)
    {
        lock (_lock)
        {
            _recoveryPoints.Set(partition, recoveryPoint);
            _highWatermarks.Set(partition, highWatermark);
        }
    }

    internal void Save()
    {
        lock (_lock)
        {
            _recoveryPoints.Save();
            _logStarts.Save();
            _highWatermarks.Save();
        }
    }

    /// <summary>Before a truncation: no checkpoint promises anything from <paramref name="end"/> on. Durable.</summary>
    internal void LowerTo(string partition, Offset end)
    {
        lock (_lock)
        {
            if (_recoveryPoints.Find(partition) > end)
            {
                _recoveryPoints.Set(partition, end);
            }

            if (_highWatermarks.Find(partition) > end)
            {
                _highWatermarks.Set(partition, end);
            }

            _recoveryPoints.Save();
            _highWatermarks.Save();
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
        }
    }
}
