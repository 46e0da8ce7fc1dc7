namespace RaftStream.Broker.Partitions;

/// <summary>Whether a partition waits for a flush: a state machine that appenders and flusher change without a lock.</summary>
internal struct FlushState
{
    private const int Idle = 0;
    private const int Queued = 1;
    private const int Flushing = 2;
    private const int FlushingAndWanted = 3;

    private int _state;

    /// <summary>Notes that a flush is wanted; true when the partition must be put into the queue now.</summary>
    public bool Want()
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            if (state is Queued or FlushingAndWanted)
            {
                return false;
            }

            int next = state == Idle ? Queued : FlushingAndWanted;
            if (Interlocked.CompareExchange(ref _state, next, state) == state)
            {
                return state == Idle;
            }
        }
    }

    /// <summary>A flusher has taken the partition out of the queue: what is appended from here on wants another flush.</summary>
    public void Begin() => Volatile.Write(ref _state, Flushing);

    /// <summary>The flush is done; true when the partition must be put into the queue again.</summary>
    public bool End()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Flushing) == Flushing)
        {
            return false;
        }

        Volatile.Write(ref _state, Queued);
        return true;
    }
}
