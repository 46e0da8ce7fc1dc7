using Microsoft.Extensions.Logging;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Threads;
using RaftStream.Storage;

namespace RaftStream.Broker.Upkeep;

/// <summary>Removes old segments of the partitions that this node leads .</summary>
internal sealed class Retention(PartitionTable table, TimeProvider time, TimerWheel timers, ILogger logger)
{
    private readonly RetentionClock _clock = new();

    /// <summary>One run over all partitions.</summary>
    public void Run()
    {
        long nowMs = _clock.Read(time.GetUtcNow().ToUnixTimeMilliseconds(), timers.NowMs);
        foreach (PartitionCell cell in table.Cells.Where(c => c.Role.IsLeader))
        {
            cell.RollIfDue();
            RetentionResult result = default;
            cell.WithLog(log => result = log.ApplyRetention(nowMs, cell.HighWatermark));
            if (result.Segments > 0)
            {
                cell.LogChanged();
                BrokerLog.Retained(logger, result.Segments, result.Bytes, cell.Name, result.LogStartOffset.Value);
            }
        }
    }
}
