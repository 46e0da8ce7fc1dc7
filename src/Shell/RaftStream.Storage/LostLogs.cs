using RaftStream.Model;
using RaftStream.Storage.Checkpoints;

namespace RaftStream.Storage;

/// <summary>A partition that a data folder should hold and does not; its topic id is as lost as its data.</summary>
/// <param name="Topic">Topic name, as in the folder's name.</param>
/// <param name="Partition">Partition number.</param>
/// <param name="Reason">What is known of the loss, for people.</param>
public sealed record LostLog(string Topic, int Partition, string Reason);

/// <summary>Finds what a folder no longer holds: by what its checkpoints promise, and by what was set aside .</summary>
internal static class LostLogs
{
    internal static IReadOnlyList<LostLog> Find(IEnumerable<string> folders, OffsetCheckpoints checkpoints, IEnumerable<string> loaded)
    {
        var lost = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string name in checkpoints.Partitions)
        {
            CheckpointedOffsets promised = checkpoints.Find(name);
            if (promised.RecoveryPoint > Offset.Zero || promised.Flushed > Offset.Zero)
            {
                lost[name] = $"Its folder is gone: it was flushed up to offset {promised.RecoveryPoint ?? promised.Flushed} once.";
            }
        }

        foreach (string folder in folders)
        {
            if (LogFolderName.TryParseDamaged(folder, out string topic, out int partition))
            {
                lost[LogFolderName.Of(topic, partition)] =
                    $"Its {PartitionMetadataFile.Name} cannot be read, so nobody knows whose data it is: what was there is kept in {folder}.";
            }
        }

        foreach (string name in loaded)
        {
            lost.Remove(name);
        }

        var logs = new List<LostLog>();
        foreach ((string name, string reason) in lost)
        {
            if (LogFolderName.TryParse(name, out string topic, out int partition))
            {
                logs.Add(new LostLog(topic, partition, reason));
            }
        }

        return logs;
    }
}
