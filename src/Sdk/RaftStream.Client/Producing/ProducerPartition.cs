using RaftStream.Model;

namespace RaftStream.Client.Producing;

/// <summary>
/// One partition of a producer: records are gathered (<see cref="RecordAccumulator"/>), batches sent, and sent again, always in the
/// order of their records.
/// </summary>
/// <remarks>
/// Thread-safe; one short lock. The order survives failures: once a batch has failed and may succeed later, nothing is
/// sent until the fate of all batches on their way is known; then they are sent again from the first failed one, one at a
/// time until one succeeds. The leader knows batches again that it has already (<see cref="PartitionSequence"/>); without
/// idempotence a retry may store a record twice, but never before one that was produced earlier.
/// </remarks>
internal sealed class ProducerPartition
{
    private readonly ProducerContext _context;
    private readonly Lock _gate = new();
    private readonly DeliveryLog _deliveries;
    private readonly PartitionSequence _sequence;
    private readonly RecordAccumulator _records;
    private BatchQueue _inFlight;
    private int _inFlightUnanswered;
    private int _window;
    private bool _isScheduled;
    private bool _isRecovering;
    private bool _isRetryPending;
    private RaftStreamException? _lastFailure;

    public ProducerPartition(NamedPartition name, ProducerContext context)
    {
        Name = name;
        _context = context;
        _deliveries = new DeliveryLog(context);
        _sequence = new PartitionSequence(context.Options.IsIdempotent);
        _records = new RecordAccumulator(this, context);
        _window = context.Options.MaxInFlightPerPartition;
    }

    /// <summary>Its name.</summary>
    public NamedPartition Name { get; }

    /// <summary>The topic's id as last heard of; set by the topic.</summary>
    public TopicId TopicId { get; set; }

    /// <summary>The sender to the partition's leader; null before the leader is known. Set by the router, while nothing is on its way.</summary>
    public BrokerSender? Sender { get; set; }

    /// <summary>Failures in a row; the router's, for its pauses.</summary>
    public int FailuresInRow { get; set; }

    /// <summary>Adds a record.</summary>
    /// <param name="largestSize">Upper bound of the record's encoded size, bytes.</param>
    /// <param name="mayTurnAway">Answer <see cref="AppendOutcome.BatchFull"/> instead of beginning a second batch.</param>
    /// <param name="promise">Set when <paramref name="wantPromise"/> and the record was taken.</param>
    public AppendOutcome TryAppend(
        in BorrowedRecord record, int largestSize, bool mayTurnAway, bool wantPromise, out long sequence, out DeliveryPromise? promise)
    {
        AppendOutcome outcome;
        long opened;
        bool schedule;
        lock (_gate)
        {
            _context.ThrowIfClosed();
            outcome = _records.TryAppend(record, largestSize, mayTurnAway, wantPromise, out sequence, out promise, out opened);
            schedule = TrySchedule();
        }

        if (opened >= 0)
        {
            _context.Scheduler.Opened(this, opened);
        }

        if (schedule)
        {
            _context.Scheduler.Ready(this);
        }

        if (outcome == AppendOutcome.NoMemory)
        {
            _context.Scheduler.Starved();
        }

        return outcome;
    }

    /// <summary>Sends the open batch without lingering.</summary>
    public void MakeDue() => MakeDue(firstSequence: null);

    /// <summary>The linger time of the batch that began with <paramref name="firstSequence"/> is over.</summary>
    public void LingerOver(long firstSequence) => MakeDue(firstSequence);

    /// <summary>Sends what there is without lingering.</summary>
    /// <returns>Done when all records taken so far have been reported.</returns>
    public Task FlushAsync()
    {
        Task reported;
        lock (_gate)
        {
            reported = _deliveries.WhenReportedAsync(_records.NextSequence);
        }

        MakeDue();
        return reported;
    }

    /// <summary>The sender takes the next batch, if one may be sent now.</summary>
    /// <param name="isLast">True when the partition left the sender's queue; false when it must be put in again.</param>
    public ProducerBatch? TakeNext(out bool isLast)
    {
        lock (_gate)
        {
            Invariant.Check(_isScheduled);
            ProducerBatch? batch = MaySend() ? TakeLocked() : null;
            _isScheduled = MaySend();
            isLast = !_isScheduled;
            if (batch is not null)
            {
                _inFlight.Enqueue(batch);
                _inFlightUnanswered++;
            }

            return batch;
        }
    }

    /// <summary>The fate of a batch that was taken; <paramref name="error"/> null is success.</summary>
    public void Answer(ProducerBatch batch, long baseOffset, long logAppendTimeMs, RaftStreamException? error)
    {
        bool schedule;
        bool retry;
        lock (_gate)
        {
            batch.Answer(baseOffset, logAppendTimeMs, error);
            _inFlightUnanswered--;
            TakeAnswered();
            retry = TryBeginRetry();
            schedule = TrySchedule();
        }

        if (retry)
        {
            _context.Scheduler.Retry(this);
        }

        if (schedule)
        {
            _context.Scheduler.Ready(this);
        }

        _deliveries.Report();
    }

    /// <summary>The sender had to let go of the partition before it took anything from it.</summary>
    /// <param name="failure">Why, to be reported with batches that run out of time; null when the leader was not asked for yet.</param>
    public void Reroute(RaftStreamException? failure)
    {
        lock (_gate)
        {
            Invariant.Check(_isScheduled);
            _isScheduled = false;
            _lastFailure = failure ?? _lastFailure;
            _isRecovering = true;
            if (!TryBeginRetry())
            {
                // Batches are on their way still, or the retry is under way already.
                return;
            }
        }

        _context.Scheduler.Retry(this);
    }

    /// <summary>The router has a producer id, perhaps: the partition takes it if it needs one.</summary>
    /// <param name="producerId">-1 is none.</param>
    /// <returns>False while it still needs another.</returns>
    public bool TryBegin(long producerId)
    {
        lock (_gate)
        {
            return _sequence.TryBegin(producerId);
        }
    }

    /// <summary>Why the partition cannot be brought to its leader now, to be reported with batches that run out of time.</summary>
    public void NoteFailure(RaftStreamException failure)
    {
        lock (_gate)
        {
            _lastFailure = failure;
        }
    }

    /// <summary>The router knows the leader again: sending may go on.</summary>
    public void Resume()
    {
        bool schedule;
        lock (_gate)
        {
            Invariant.Check(_inFlight.Count == 0 && !_sequence.NeedsId);
            _isRecovering = _isRetryPending = false;
            schedule = TrySchedule();
        }

        if (schedule)
        {
            _context.Scheduler.Ready(this);
        }
    }

    /// <summary>Gives up batches whose time is over, and which are not on their way.</summary>
    public void Expire(long nowTicks)
    {
        bool retry;
        lock (_gate)
        {
            // Batches on their way come first in order; a connection that does not answer them is given up elsewhere.
            while (_inFlight.Count == 0 && _records.TakeExpired(nowTicks) is { } batch)
            {
                GiveUp(batch);
            }

            retry = TryBeginRetry();
        }

        if (retry)
        {
            _context.Scheduler.Retry(this);
        }

        _deliveries.Report();
    }

    private void MakeDue(long? firstSequence)
    {
        bool schedule;
        lock (_gate)
        {
            _records.MakeDue(firstSequence);
            schedule = TrySchedule();
        }

        if (schedule)
        {
            _context.Scheduler.Ready(this);
        }
    }

    private ProducerBatch TakeLocked()
    {
        ProducerBatch batch = _records.TakeDue();
        _sequence.Number(batch);
        return batch;
    }

    private bool MaySend() =>
        !_isRecovering && !_sequence.IsBroken && _inFlight.Count < _window && _records.HasDue;

    private bool TrySchedule()
    {
        if (_isScheduled || !MaySend())
        {
            return false;
        }

        _isScheduled = true;
        return true;
    }

    /// <summary>Takes answered batches off the front, in order; stops at the first that must be sent again.</summary>
    private void TakeAnswered()
    {
        while (_inFlight.Head is { IsAnswered: true } batch)
        {
            switch (_sequence.Judge(batch))
            {
                case AttemptVerdict.Again:
                    _lastFailure = batch.Error;
                    if (batch.DeadlineAt > _context.Time.GetTimestamp())
                    {
                        _isRecovering = true;
                        return;
                    }

                    GiveUp(_inFlight.Dequeue());
                    continue;

                case AttemptVerdict.Failed:
                    // The leader has spoken: what is behind goes on at once.
                    FailuresInRow = 0;
                    _sequence.OnGivenUp(batch);
                    break;

                default:
                    FailuresInRow = 0;
                    _window = _context.Options.MaxInFlightPerPartition;
                    break;
            }

            _deliveries.Add(_inFlight.Dequeue());
        }
    }

    /// <summary>Once nothing is on its way any more, puts what failed back in front of what waits, and mends the sequence.</summary>
    /// <returns>True when the router must be asked.</returns>
    private bool TryBeginRetry()
    {
        if (_inFlightUnanswered > 0)
        {
            return false;
        }

        if (_inFlight.Head is not null)
        {
            PutBack();
        }

        if (_sequence.IsBroken)
        {
            MendSequence();
        }

        if (!_isRecovering || _isRetryPending)
        {
            return false;
        }

        _isRetryPending = true;
        return true;
    }

    private void PutBack()
    {
        for (ProducerBatch? batch = _inFlight.Head; batch is not null; batch = batch.Next)
        {
            batch.Retry();
        }

        _records.PutBack(ref _inFlight);
        _window = 1;
    }

    private void MendSequence()
    {
        for (int doubtful = _sequence.CountDoubtful(_records.OldestClosed); doubtful > 0; doubtful--)
        {
            Report(_records.TakeClosed(), ProducerContext.GivenUpBehind(Name, _lastFailure));
        }

        _sequence.Mend(_records.OldestClosed);

        // The epochs of the id are used up: the router fetches another.
        _isRecovering |= _sequence.NeedsId;
    }

    private void GiveUp(ProducerBatch batch)
    {
        _sequence.OnGivenUp(batch);
        Report(batch, _context.TimedOut(Name, _lastFailure));
    }

    private void Report(ProducerBatch batch, RaftStreamException failure)
    {
        batch.Retry();
        batch.Answer(baseOffset: -1, logAppendTimeMs: -1, failure);
        _deliveries.Add(batch);
    }
}
