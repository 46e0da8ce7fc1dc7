using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>When a produce request is answered; the numbers are Kafka's.</summary>
public enum RequiredAcks
{
    /// <summary>When everything in-sync has it.</summary>
    All = -1,

    /// <summary>Never.</summary>
    None = 0,

    /// <summary>When the leader has it.</summary>
    Leader = 1,
}

/// <summary>Produce requests that wait until an end of the log is reached. In order of that end, since appends are.</summary>
internal sealed class ProduceWaiters<TProduce, TFetch>
{
    private readonly RingQueue<Waiter> _waiters = new();

    /// <summary>Not above the earliest deadline; <see cref="long.MaxValue"/> when nobody waits.</summary>
    public long NextDeadlineMs { get; private set; } = long.MaxValue;

    public int Count => _waiters.Count;

    public void Add(TProduce request, Offset baseOffset, Offset end, long deadlineMs)
    {
        Invariant.Check(_waiters.Count == 0 || _waiters[_waiters.Count - 1].End <= end);
        _waiters.Enqueue(new Waiter(request, baseOffset, end, deadlineMs));
        NextDeadlineMs = Math.Min(NextDeadlineMs, deadlineMs);
    }

    /// <summary>Waits for an end that lies among those that others wait for already .</summary>
    public void Insert(TProduce request, Offset baseOffset, Offset end, long deadlineMs)
    {
        var waiter = new Waiter(request, baseOffset, end, deadlineMs);
        _waiters.Enqueue(waiter);
        int at = _waiters.Count - 1;
        for (; at > 0 && _waiters[at - 1].End > end; at--)
        {
            _waiters[at] = _waiters[at - 1];
        }

        _waiters[at] = waiter;
        NextDeadlineMs = Math.Min(NextDeadlineMs, deadlineMs);
    }

    /// <summary>Answers those whose end is reached: success always wins, also past the deadline .</summary>
    public void Complete(Offset reached, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        while (_waiters.Count > 0 && _waiters[0].End <= reached)
        {
            effects.Add(Answer(_waiters.Dequeue(), ErrorCode.None));
        }

        if (_waiters.Count == 0)
        {
            NextDeadlineMs = long.MaxValue;
        }
    }

    /// <summary>Answers those whose deadline has passed with REQUEST_TIMED_OUT: their outcome is unknown.</summary>
    public void Expire(long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (nowMs < NextDeadlineMs)
        {
            return;
        }

        long next = long.MaxValue;
        int kept = 0;
        for (int i = 0; i < _waiters.Count; i++)
        {
            Waiter waiter = _waiters[i];
            if (waiter.DeadlineMs <= nowMs)
            {
                effects.Add(Answer(waiter, ErrorCode.RequestTimedOut));
                continue;
            }

            next = Math.Min(next, waiter.DeadlineMs);
            _waiters[kept++] = waiter;
        }

        _waiters.Truncate(kept);
        NextDeadlineMs = next;
    }

    public void FailAll(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        while (_waiters.Count > 0)
        {
            effects.Add(Answer(_waiters.Dequeue(), error));
        }

        NextDeadlineMs = long.MaxValue;
    }

    private static PartitionEffect<TProduce, TFetch> Answer(in Waiter waiter, ErrorCode error) => new()
    {
        Kind = PartitionEffectKind.AnswerProduce,
        Produce = waiter.Request,
        Error = error,
        BaseOffset = waiter.BaseOffset,
    };

    private readonly record struct Waiter(TProduce Request, Offset BaseOffset, Offset End, long DeadlineMs);
}
