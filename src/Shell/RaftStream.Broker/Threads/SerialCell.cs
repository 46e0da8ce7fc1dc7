namespace RaftStream.Broker.Threads;

/// <summary>
/// Processes events one at a time without a thread of its own: on the caller's thread when the cell is idle, else the
/// event is queued and whoever is inside drains the queue.
/// </summary>
/// <remarks>
/// The lock guards the queue only and is held for some nanoseconds, never while an event is processed. An event posted
/// from inside <see cref="Process"/> is queued too, so that processing never nests.
/// </remarks>
internal abstract class SerialCell<TEvent>
    where TEvent : struct
{
    private readonly Lock _gate = new();
    private readonly Queue<TEvent> _queue = new();
    private bool _busy;

    /// <summary>Processes the event now, or leaves it to the thread that is inside.</summary>
    protected void Post(in TEvent cellEvent)
    {
        lock (_gate)
        {
            if (_busy)
            {
                _queue.Enqueue(cellEvent);
                return;
            }

            _busy = true;
        }

        Run(cellEvent);
    }

    /// <summary>Carries out one event. Does not throw: a failure is state of the cell.</summary>
    protected abstract void Process(in TEvent cellEvent);

    private void Run(TEvent cellEvent)
    {
        while (true)
        {
            Process(cellEvent);
            lock (_gate)
            {
                if (!_queue.TryDequeue(out cellEvent))
                {
                    _busy = false;
                    return;
                }
            }
        }
    }
}
