using System.Diagnostics;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Threads;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage;

namespace RaftStream.Broker.Partitions;

/// <summary>One partition on this node: the pure machine, its log, and the thread rules between them (design section 5).</summary>
/// <remarks>
/// Appends, parked fetches, timers and role changes are events of the cell. Reads go past it: they see the published
/// high watermark and role, and the log allows readers beside the appender. Flushes run on the flusher's threads and
/// come back as events.
/// </remarks>
internal sealed class PartitionCell : SerialCell<PartitionEvent>
{
    private readonly PartitionServices _services;
    private readonly PartitionLeader<ProduceTag, FetchTag> _leader = new();
    private readonly List<PartitionEffect<ProduceTag, FetchTag>> _effects = [];
    private readonly DeadlineTimer _timer;
    private readonly Lock _diskGate = new();
    private FlushState _flush;
    private long _highWatermark;
    private long _reignStart;
    private int _carriedOut;
    private bool _logIsGone;
    private volatile bool _failed;
    private volatile PartitionRole _role = PartitionRole.None;
    private volatile PartitionRules _rules;

    public PartitionCell(PartitionServices services, TopicPartition id, PartitionLog log, PartitionRules rules)
    {
        _services = services;
        _timer = new DeadlineTimer(this);
        _rules = rules;
        Id = id;
        Log = log;
        Name = $"{log.Topic}-{log.Partition}";
        _highWatermark = log.HighWatermark.Value;
    }

    /// <summary>Topic id and number.</summary>
    public TopicPartition Id { get; }

    /// <summary>Topic name and number, for people.</summary>
    public string Name { get; }

    /// <summary>The log. Only events of the cell append to it.</summary>
    public PartitionLog Log { get; }

    /// <summary>The configs in force.</summary>
    public PartitionRules Rules => _rules;

    /// <summary>The role in force.</summary>
    public PartitionRole Role => _role;

    /// <summary>Exclusive end of what consumers may read.</summary>
    public Offset HighWatermark => new(Volatile.Read(ref _highWatermark));

    /// <summary>The log end when the reign began (LESO): until the high watermark is there, "latest" is not known (KIP-207).</summary>
    public Offset ReignStart => new(Volatile.Read(ref _reignStart));

    /// <summary>Requests that wait for their acknowledgement; a snapshot.</summary>
    public int WaitingProduces => _leader.WaitingProduces;

    /// <summary>Fetches that wait for news; a snapshot.</summary>
    public int ParkedFetches => _leader.ParkedFetches;

    /// <summary>Says whether a produce request could be appended now; the cell itself looks again.</summary>
    public ErrorCode CheckProduce(RequiredAcks acks)
    {
        PartitionRole role = _role;
        if (!role.IsLeader)
        {
            return role.Error;
        }

        if (acks is not (RequiredAcks.All or RequiredAcks.Leader or RequiredAcks.None))
        {
            return ErrorCode.InvalidRequiredAcks;
        }

        if (_failed || !_services.Disk.HasRoom)
        {
            return ErrorCode.KafkaStorageError;
        }

        return acks == RequiredAcks.All && role.State!.Isr.Length < role.State.MinIsr
            ? ErrorCode.NotEnoughReplicas
            : ErrorCode.None;
    }

    /// <summary>Appends a validated batch; its sink hears of the outcome .</summary>
    /// <returns>Completes when the batch's memory is free again.</returns>
    public ValueTask AppendAsync(in AppendRequest request)
    {
        AppendTicket ticket = request.Ticket;
        ticket.Begin();
        Post(new PartitionEvent { Kind = PartitionEventKind.Append, Append = request });
        return ticket.Task;
    }

    /// <summary>Pins what can be read from <paramref name="from"/> on, below the high watermark. Any thread.</summary>
    /// <param name="seen">The high watermark that bounded the read.</param>
    public LogSlice Read(Offset from, int maxBytes, bool atLeastOneBatch, out Offset seen)
    {
        seen = HighWatermark;
        return Log.Read(from, maxBytes, seen, atLeastOneBatch);
    }

    /// <summary>Wakes the waiter when at least <paramref name="missingBytes"/> more are committed than it saw.</summary>
    public void Park(FetchTag fetch, Offset offset, Offset seen, long missingBytes, long deadlineMs) => Post(new PartitionEvent
    {
        Kind = PartitionEventKind.Park,
        Fetch = fetch,
        Offset = offset,
        Seen = seen,
        MissingBytes = missingBytes,
        DeadlineMs = deadlineMs,
    });

    /// <summary>Forgets a parked fetch; it may be woken all the same when it is just happening.</summary>
    public void Cancel(FetchTag fetch) => Post(new PartitionEvent { Kind = PartitionEventKind.Cancel, Fetch = fetch });

    /// <summary>Acts on new metadata in which this node leads; older metadata changes nothing .</summary>
    public void Lead(PartitionState state) => Post(new PartitionEvent { Kind = PartitionEventKind.Lead, State = state });

    /// <summary>Ends the reign; what waits is told <paramref name="error"/>.</summary>
    public void Resign(ErrorCode error) => Post(new PartitionEvent { Kind = PartitionEventKind.Resign, Error = error });

    /// <summary>Takes new configs.</summary>
    public void UpdateRules(PartitionRules rules)
    {
        _rules = rules;

        // The appender reads the log's options: let it take them itself.
        LogChanged();
    }

    /// <summary>Retention or a client has moved the log start.</summary>
    public void LogChanged() => Post(new PartitionEvent { Kind = PartitionEventKind.LogChanged });

    /// <summary>Closes the active segment when its age asks for it, so that an idle log can expire .</summary>
    public void RollIfDue() => Post(new PartitionEvent { Kind = PartitionEventKind.RollIfDue });

    /// <summary>Flusher thread: one group commit, then another place in the queue when appends came meanwhile.</summary>
    public void FlushNow()
    {
        _flush.Begin();
        try
        {
            lock (_diskGate)
            {
                if (_logIsGone)
                {
                    return;
                }

                long started = Stopwatch.GetTimestamp();
                Log.Flush();
                _services.Metrics.Flushed(Stopwatch.GetElapsedTime(started));
            }
        }
#pragma warning disable CA1031 // A broken disk or a bug: the supervisor stops the node, and nobody may be left waiting here.
        catch (Exception exception)
        {
            // What waits for this flush must not be told that it is safe, and the flush is never tried again (P27).
            Fail(exception);
            Resign(ErrorCode.KafkaStorageError);
            return;
        }
#pragma warning restore CA1031

        LogChanged();
        if (_flush.End())
        {
            _services.Flushes.Enqueue(this);
        }
    }

    /// <summary>Runs disk work that must not meet a flush or the end of the log: retention, deletion, a new log start.</summary>
    /// <returns>False when the log is gone.</returns>
    public bool WithLog(Action<PartitionLog> work)
    {
        lock (_diskGate)
        {
            if (_logIsGone)
            {
                return false;
            }

            work(Log);
            return true;
        }
    }

    /// <summary>Ends the reign and hands the log to <paramref name="close"/>, after which nothing here touches it. Blocks.</summary>
    public void Close(ErrorCode error, Action<PartitionLog> close)
    {
        // Appends that came before may still be under way on another thread: the log must not be closed under them.
        using (var resigned = new ManualResetEventSlim())
        {
            Post(new PartitionEvent { Kind = PartitionEventKind.Resign, Error = error, Done = resigned });
            resigned.Wait();
        }

        lock (_diskGate)
        {
            if (!_logIsGone)
            {
                _logIsGone = true;
                close(Log);
            }
        }

        _services.Timers.Disarm(_timer);
    }

    /// <inheritdoc/>
    protected override void Process(in PartitionEvent cellEvent)
    {
        try
        {
            Dispatch(cellEvent);
            CarryOut();
        }
#pragma warning disable CA1031 // A broken disk or a bug: the supervisor stops the node, and nobody may be left waiting here.
        catch (Exception exception)
        {
            FailInside(exception);
        }
#pragma warning restore CA1031

        if (cellEvent.Kind == PartitionEventKind.Append)
        {
            cellEvent.Append.Ticket.Complete();
        }

        cellEvent.Done?.Set();
    }

    private void Dispatch(in PartitionEvent cellEvent)
    {
        switch (cellEvent.Kind)
        {
            case PartitionEventKind.Append:
                OnAppend(cellEvent.Append);
                break;
            case PartitionEventKind.LogChanged:
                OnLogChanged();
                break;
            case PartitionEventKind.RollIfDue:
                if (_leader.IsLeading)
                {
                    Log.RollIfDue(_services.WallMs);
                }

                break;
            case PartitionEventKind.Park:
                _leader.OnFetchParked(
                    cellEvent.Fetch, cellEvent.Offset, cellEvent.Seen, cellEvent.MissingBytes, cellEvent.DeadlineMs, _effects);
                break;
            case PartitionEventKind.Cancel:
                _leader.OnFetchCancelled(cellEvent.Fetch);
                break;
            case PartitionEventKind.TimePassed:
                _leader.OnTimePassed(_services.Timers.NowMs, _effects);
                break;
            case PartitionEventKind.Lead:
                OnLead(cellEvent.State!);
                break;
            case PartitionEventKind.Resign:
                _role = new PartitionRole(false, _role.LeaderEpoch, _role.State, cellEvent.Error);
                _leader.OnResign(cellEvent.Error, _effects);
                break;
            default:
                throw new UnreachableException(cellEvent.Kind.ToString());
        }
    }

    private void OnAppend(in AppendRequest request)
    {
        ErrorCode error = _failed ? ErrorCode.KafkaStorageError : _leader.CheckProduce(request.Acks);
        if (error != ErrorCode.None)
        {
            error = error == ErrorCode.NotLeaderOrFollower ? _role.Error : error;
            request.Tag.Sink.OnProduced(request.Tag.RequestId, ProduceResult.Failed(error));
            return;
        }

        Offset baseOffset;
        try
        {
            baseOffset = Log.Append(request.Header, request.Batch, _leader.LeaderEpoch, _services.WallMs);
        }
        catch (Exception)
        {
            // Whatever it was, the node stops for it; the producer is not left waiting.
            request.Tag.Sink.OnProduced(request.Tag.RequestId, ProduceResult.Failed(ErrorCode.KafkaStorageError));
            throw;
        }

        int bytes = request.Header.SizeInBytes;
        _leader.OnAppended(request.Tag, request.Acks, baseOffset, bytes, Bounds(), request.DeadlineMs, _effects);
        if (request.Acks == RequiredAcks.None)
        {
            Answer(request.Tag, ErrorCode.None, baseOffset);
        }

        if (Log.IsFlushDue && _flush.Want())
        {
            _services.Flushes.Enqueue(this);
        }
    }

    private void OnLogChanged()
    {
        if (_logIsGone)
        {
            return;
        }

        TakeRules();
        _leader.OnLogChanged(Bounds(), _effects);
    }

    private void TakeRules()
    {
        LogOptions options = _rules.Log;
        if (!ReferenceEquals(Log.Options, options))
        {
            Log.UpdateOptions(options);
        }
    }

    private void OnLead(PartitionState state)
    {
        if (_role.State is { } known && state.PartitionEpoch.Value <= known.PartitionEpoch.Value)
        {
            return;
        }

        TakeRules();
        if (state.LeaderEpoch > _leader.LeaderEpoch)
        {
            Log.AssignLeaderEpoch(state.LeaderEpoch);
        }

        var leadership = new LeadershipState
        {
            Self = _services.NodeId,
            LeaderEpoch = state.LeaderEpoch,
            PartitionEpoch = state.PartitionEpoch,
            Replicas = state.Replicas,
            Isr = state.Isr,
            MinIsr = state.MinIsr,
        };
        _leader.OnBecomeLeader(leadership, Bounds(), HighWatermark, _effects);
        Publish(_leader.HighWatermark);
        Volatile.Write(ref _reignStart, _leader.ReignStart.Value);
        _role = new PartitionRole(true, state.LeaderEpoch, state, ErrorCode.None);
        BrokerLog.Leading(
            _services.Logger, Name, state.LeaderEpoch.Value, Log.LogEndOffset.Value, _leader.HighWatermark.Value);
    }

    /// <summary>Does what the machine asked for, in its order; after a failure it goes on behind what is done.</summary>
    private void CarryOut()
    {
        while (_carriedOut < _effects.Count)
        {
            PartitionEffect<ProduceTag, FetchTag> effect = _effects[_carriedOut++];
            switch (effect.Kind)
            {
                case PartitionEffectKind.PublishHighWatermark:
                    Publish(effect.HighWatermark);
                    break;
                case PartitionEffectKind.AnswerProduce:
                    Answer(effect.Produce, effect.Error, effect.BaseOffset);
                    break;
                case PartitionEffectKind.WakeFetch:
                    effect.Fetch.Waiter.OnWake(effect.Fetch.Index, effect.Fetch.Generation, effect.Error);
                    break;
                default:
                    throw new UnreachableException(effect.Kind.ToString());
            }
        }

        _carriedOut = 0;
        _effects.Clear();
        long deadline = _leader.NextDeadlineMs;
        if (deadline != long.MaxValue)
        {
            _services.Timers.Arm(_timer, deadline);
        }
    }

    private void Publish(Offset highWatermark)
    {
        Invariant.Check(highWatermark.Value >= Volatile.Read(ref _highWatermark));
        Volatile.Write(ref _highWatermark, highWatermark.Value);
        Log.HighWatermark = highWatermark;
    }

    private void Answer(ProduceTag tag, ErrorCode error, Offset baseOffset) => tag.Sink.OnProduced(
        tag.RequestId, new ProduceResult(error, null, baseOffset, tag.LogAppendTimeMs, Log.LogStartOffset));

    // The end is read first: a flush may complete between the reads, but never beyond an end that was read later.
    private LogBounds Bounds()
    {
        Offset effectiveEnd = Log.EffectiveEnd;
        return new LogBounds(Log.LogStartOffset, Log.LogEndOffset, effectiveEnd);
    }

    /// <summary>This partition answers nothing but errors from now on, and the node stops .</summary>
    private void Fail(Exception exception)
    {
        _failed = true;
        _services.Supervisor.Fail($"Partition {Name}", exception);
    }

    private void FailInside(Exception exception)
    {
        Fail(exception);
        _role = new PartitionRole(false, _role.LeaderEpoch, _role.State, ErrorCode.KafkaStorageError);
        _leader.OnResign(ErrorCode.KafkaStorageError, _effects);
        CarryOut();
    }

    private sealed class DeadlineTimer(PartitionCell cell) : TimerTarget
    {
        internal override void OnDue() => cell.Post(new PartitionEvent { Kind = PartitionEventKind.TimePassed });
    }
}
