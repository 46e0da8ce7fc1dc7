using System.Diagnostics;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>What keeps a partition's flushes, its retention and the end of its log apart, and knows when a flush is wanted.</summary>
internal sealed class PartitionDisk(PartitionCell cell, PartitionServices services)
{
    private readonly Lock _gate = new();
    private FlushState _flush;
    private bool _isGone;

    /// <summary>True once the log was handed to whoever closes it.</summary>
    public bool IsGone => _isGone;

    /// <summary>Event of the cell: puts the partition into the queue of flushes when its log asks for one.</summary>
    public void FlushIfDue()
    {
        if (cell.Log.IsFlushDue && _flush.Want())
        {
            services.Flushes.Enqueue(cell);
        }
    }

    /// <summary>Flusher thread: one group commit.</summary>
    /// <returns>False when the log is gone.</returns>
    public bool Flush()
    {
        _flush.Begin();
        lock (_gate)
        {
            if (_isGone)
            {
                return false;
            }

            long started = Stopwatch.GetTimestamp();
            cell.Log.Flush();
            services.Metrics.Flushed(Stopwatch.GetElapsedTime(started));
            return true;
        }
    }

    /// <summary>Flusher thread: another place in the queue when appends came meanwhile.</summary>
    public void EndFlush()
    {
        if (_flush.End())
        {
            services.Flushes.Enqueue(cell);
        }
    }

    /// <summary>Runs disk work that must not meet a flush or the end of the log.</summary>
    /// <returns>False when the log is gone.</returns>
    public bool WithLog(Action<PartitionLog> work)
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return false;
            }

            work(cell.Log);
            return true;
        }
    }

    /// <summary>Hands the log over; nothing here touches it any more.</summary>
    public void End(Action<PartitionLog> close)
    {
        lock (_gate)
        {
            if (!_isGone)
            {
                _isGone = true;
                close(cell.Log);
            }
        }
    }
}
