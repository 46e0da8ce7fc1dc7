using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>What is known to be damaged in a partition's log, and what comes of it .</summary>
internal sealed class PartitionDamage(PartitionCell cell, PartitionServices services, PartitionDisk disk)
{
    private readonly UnreadablePlace _unreadable = new();
    private bool _toldAlone;

    /// <summary>True when reading from there on has failed before. Any thread.</summary>
    public bool IsUnreadable(Offset offset) => _unreadable.Holds(offset);

    /// <summary>Looks at how a read has ended. Any thread.</summary>
    public void Check(ErrorCode error)
    {
        if (error == ErrorCode.KafkaStorageError && cell.Log.SuspectReason is { } reason)
        {
            cell.FoundDamage(reason);
        }
    }

    /// <summary>What was to be sent from <paramref name="offset"/> on, to a follower or a consumer, could not be read. Any thread.</summary>
    public void ReadFailed(Offset offset, StorageException exception)
    {
        if (exception.IsDamage && _unreadable.Add(offset))
        {
            BrokerLog.Unreadable(services.Logger, cell.Name, offset.Value, exception);
            cell.FoundDamage(exception.Message);
        }
    }

    /// <summary>
    /// Where another replica has what is missing, this node stops, so that it is fenced; at its next start it reports
    /// the partition and fetches it anew. The last one to have the rest of the log keeps serving that. Event of the cell.
    /// </summary>
    public void Act(string reason, bool isFollowing)
    {
        bool othersHaveIt = cell.Role.IsLeader ? cell.Role.State!.Isr.Length > 1 : isFollowing;
        if (othersHaveIt && disk.WithLog(log => log.MarkDamaged(reason)))
        {
            throw new StorageException(
                StorageErrorKind.Corrupt,
                $"{cell.Name} lost records that were on disk once: {reason} This node stops; when it is started again it fetches the partition anew from another replica.");
        }

        if (cell.Role.IsLeader && !_toldAlone)
        {
            _toldAlone = true;
            BrokerLog.DamagedAlone(services.Logger, cell.Name, reason);
        }
    }

    /// <summary>Another replica leads: the log will change, and what could not be read may be gone. Event of the cell.</summary>
    /// <returns>True when the log was marked as damaged and nobody counts on it any more: it is to be fetched anew.</returns>
    public bool EndsBy(PartitionState state)
    {
        _unreadable.Clear();
        return cell.Log.IsMarkedDamaged && !state.Isr.Contains(services.NodeId) && !state.Elr.Contains(services.NodeId);
    }
}
