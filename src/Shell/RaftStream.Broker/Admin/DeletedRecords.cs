using RaftStream.Broker.Partitions;
using RaftStream.Model;

namespace RaftStream.Broker.Admin;

/// <summary>What became of a request to forget the front of a partition.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> is success.</param>
/// <param name="LogStartOffset">First offset kept now; -1 when unknown.</param>
public readonly record struct DeletedRecords(ErrorCode Error, Offset LogStartOffset);

/// <summary>DeleteRecords .</summary>
internal static class RecordDeletion
{
    /// <summary>Asks for everything below the high watermark to go.</summary>
    public const long UpToHighWatermark = -1;

    /// <summary>Makes <paramref name="before"/> the log start, durably, unless it starts later already. Blocks on the disk.</summary>
    public static DeletedRecords Run(PartitionCell cell, long before)
    {
        PartitionRole role = cell.Role;
        if (!role.IsLeader)
        {
            return new DeletedRecords(role.Error, new Offset(-1));
        }

        Offset highWatermark = cell.HighWatermark;
        Offset target = before == UpToHighWatermark ? highWatermark : new Offset(before);
        if (target.Value < 0 || target > highWatermark)
        {
            return new DeletedRecords(ErrorCode.OffsetOutOfRange, cell.Log.LogStartOffset);
        }

        if (target > cell.Log.LogStartOffset && !cell.WithLog(log => log.AdvanceLogStart(target)))
        {
            return new DeletedRecords(ErrorCode.UnknownTopicOrPartition, new Offset(-1));
        }

        cell.LogChanged();
        return new DeletedRecords(ErrorCode.None, cell.Log.LogStartOffset);
    }
}
