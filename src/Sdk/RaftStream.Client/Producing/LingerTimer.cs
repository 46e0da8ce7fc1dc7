namespace RaftStream.Client.Producing;

/// <summary>
/// Tells partitions when the linger time of their open batch is over. All batches linger equally long, so they are due in
/// the order in which they were begun: a queue and one timer do.
/// </summary>
/// <remarks>Thread-safe. A batch that was sent for another reason stays in the queue; its partition ignores the call.</remarks>
internal sealed class LingerTimer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<(long DueAt, ProducerPartition Partition, long FirstSequence)> _lingering = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _linger;
    private readonly long _lingerTicks;
    private readonly ITimer _timer;
    private bool _isArmed;

    public LingerTimer(TimeSpan linger, TimeProvider time)
    {
        _time = time;
        _linger = linger;
        _lingerTicks = (long)(linger.TotalSeconds * time.TimestampFrequency);
        _timer = time.CreateTimer(static state => ((LingerTimer)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A batch was begun.</summary>
    public void Add(ProducerPartition partition, long firstSequence)
    {
        lock (_gate)
        {
            _lingering.Enqueue((_time.GetTimestamp() + _lingerTicks, partition, firstSequence));
            if (!_isArmed)
            {
                _isArmed = true;
                _timer.Change(_linger, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        while (TryTakeDue(out ProducerPartition? partition, out long firstSequence))
        {
            partition!.LingerOver(firstSequence);
        }
    }

    private bool TryTakeDue(out ProducerPartition? partition, out long firstSequence)
    {
        lock (_gate)
        {
            (partition, firstSequence) = (null, -1);
            if (!_lingering.TryPeek(out var oldest))
            {
                _isArmed = false;
                return false;
            }

            long leftTicks = oldest.DueAt - _time.GetTimestamp();
            if (leftTicks > 0)
            {
                // Timers count whole milliseconds: rounded up, since one too early would fire in vain.
                double leftMs = Math.Ceiling(leftTicks * 1000.0 / _time.TimestampFrequency);
                _timer.Change(TimeSpan.FromMilliseconds(leftMs), Timeout.InfiniteTimeSpan);
                return false;
            }

            (_, partition, firstSequence) = _lingering.Dequeue();
            return true;
        }
    }
}
