using RaftStream.Broker.Threads;

namespace RaftStream.Broker.Partitions;

/// <summary>The threads that flush logs of one disk beside the appenders: one fdatasync covers all appends before it .</summary>
/// <remarks>
/// A partition is in the queue at most once and flushed by one thread at a time; appends during a flush bring it back
/// for another. So the queue is as long as there are partitions, however many appends come.
/// </remarks>
internal sealed class FlushQueue
{
    private readonly object _gate = new();
    private readonly Queue<PartitionCell> _queue = new();
    private bool _stopped;

    public FlushQueue(Supervisor supervisor, int threads)
    {
        for (int i = 0; i < threads; i++)
        {
            supervisor.RunThread($"flush-{i}", Run);
        }
    }

    public void Enqueue(PartitionCell cell)
    {
        lock (_gate)
        {
            _queue.Enqueue(cell);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Who waits longest, for an owner that flushes by itself instead of by threads; null when nobody waits.</summary>
    public PartitionCell? TryTake()
    {
        lock (_gate)
        {
            return _queue.TryDequeue(out PartitionCell? cell) ? cell : null;
        }
    }

    private void Run(CancellationToken stopping)
    {
        using CancellationTokenRegistration registration = stopping.Register(Stop);
        while (Take() is { } cell)
        {
            cell.FlushNow();
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private PartitionCell? Take()
    {
        lock (_gate)
        {
            while (_queue.Count == 0 && !_stopped)
            {
                Monitor.Wait(_gate);
            }

            return _stopped ? null : _queue.Dequeue();
        }
    }
}
