using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Model;

namespace RaftStream.Broker.Admin;

/// <summary>What became of a request to forget the front of a partition.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/> is success. REQUEST_TIMED_OUT: done here, but not yet on every replica that is up.</param>
/// <param name="LogStartOffset">First offset kept now; -1 when unknown.</param>
public readonly record struct DeletedRecords(ErrorCode Error, Offset LogStartOffset);

/// <summary>DeleteRecords .</summary>
internal static class RecordDeletion
{
    /// <summary>Asks for everything below the high watermark to go.</summary>
    public const long UpToHighWatermark = -1;

    private static readonly Offset Unknown = new(-1);

    /// <summary>
    /// Makes <paramref name="before"/> the log start, durably, unless it starts later already, and waits for the other replicas that
    /// are up: whoever leads next shows nothing of what was deleted. Blocks on the disk, not on the replicas.
    /// </summary>
    /// <param name="timeoutMs">Longest wait for them.</param>
    /// <param name="done">Called once, perhaps before this returns, else on whichever thread the last replica is heard. Short; does not throw.</param>
    public static void Run(PartitionCell cell, long before, int timeoutMs, Action<DeletedRecords> done)
    {
        PartitionRole role = cell.Role;
        if (!role.IsLeader)
        {
            done(new DeletedRecords(role.Error, Unknown));
            return;
        }

        Offset highWatermark = cell.HighWatermark;
        Offset target = before == UpToHighWatermark ? highWatermark : new Offset(before);
        if (target.Value < 0 || target > highWatermark)
        {
            done(new DeletedRecords(ErrorCode.OffsetOutOfRange, cell.Log.LogStartOffset));
            return;
        }

        if (target > cell.Log.LogStartOffset && !cell.WithLog(log => log.AdvanceLogStart(target)))
        {
            done(new DeletedRecords(ErrorCode.UnknownTopicOrPartition, Unknown));
            return;
        }

        cell.AwaitLogStart(new ProduceTag(new Waiting(cell, done), RequestId: 0, LogAppendTimeMs: -1), timeoutMs);
    }

    /// <summary>A request that waits in the partition, beside those that produce.</summary>
    private sealed class Waiting(PartitionCell cell, Action<DeletedRecords> done) : IProduceSink
    {
        public void OnProduced(ulong requestId, in ProduceResult result) => done(new DeletedRecords(result.Error, cell.Log.LogStartOffset));
    }
}
