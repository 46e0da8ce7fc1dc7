using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Replicas;
using RaftStream.Broker.Threads;
using RaftStream.Internal.V1;
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
internal sealed class PartitionCell : PartitionMailbox
{
    private readonly PartitionServices _services;
    private readonly LeaderRole _leader;
    private readonly FollowerRole _follower;
    private readonly PartitionDisk _disk;
    private readonly ProduceGate _produceGate;
    private long _highWatermark;
    private ImmutableArray<ReplicaStatus> _brokers = [];
    private volatile bool _failed;
    private volatile PartitionRole _role = PartitionRole.None;
    private volatile PartitionRules _rules;

    public PartitionCell(PartitionServices services, TopicPartition id, PartitionLog log, PartitionRules rules)
    {
        _services = services;
        _rules = rules;
        Id = id;
        Log = log;
        Name = $"{log.Topic}-{log.Partition}";
        _highWatermark = log.HighWatermark.Value;
        _disk = new PartitionDisk(this, services);
        _produceGate = new ProduceGate(log, services);
        Damage = new PartitionDamage(this, services, _disk);
        log.OnUnreadable = Damage.ReadFailed; // Also what consumers read, and what is read when it is sent.
        _leader = new LeaderRole(this, services, new DeadlineTimer(this, PartitionEventKind.TimePassed));
        _follower = new FollowerRole(this, services, new DeadlineTimer(this, PartitionEventKind.RetryDue));
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
    public Offset ReignStart => _services.Times.Broke(ReplicationSabotage.EndBeforeReignStart) ? default : _leader.ReignStart;

    /// <summary>What is known to be damaged in the log.</summary>
    internal PartitionDamage Damage { get; }

    /// <summary>The machine, for those who check it from outside; only events of the cell change it.</summary>
    internal PartitionLeader<ProduceTag, FetchTag> Leader => _leader.Machine;

    /// <summary>Requests that wait for their acknowledgement; a snapshot.</summary>
    public int WaitingProduces => _leader.Machine.WaitingProduces;

    /// <summary>Fetches that wait for news; a snapshot.</summary>
    public int ParkedFetches => _leader.Machine.ParkedFetches;

    /// <summary>Says whether a client's produce request could be appended now; the cell itself looks again.</summary>
    public ErrorCode CheckProduce(RequiredAcks acks) => _produceGate.Check(acks, _role, _failed);

    /// <summary>Pins what can be read from <paramref name="from"/> on, below the high watermark. Any thread.</summary>
    /// <param name="seen">The high watermark that bounded the read.</param>
    public LogSlice Read(Offset from, int maxBytes, bool atLeastOneBatch, out Offset seen)
    {
        seen = HighWatermark;
        LogSlice slice = Log.Read(from, maxBytes, seen, atLeastOneBatch);
        Damage.Check(slice.Error);
        return slice;
    }

    /// <summary>Takes new configs.</summary>
    public void UpdateRules(PartitionRules rules)
    {
        _rules = rules;

        // The appender reads the log's options: let it take them itself.
        LogChanged();
    }

    /// <summary>A client has moved the log start: its sink hears when all replicas that are up have done so too .</summary>
    /// <param name="timeoutMs">Longest wait: then REQUEST_TIMED_OUT.</param>
    public void AwaitLogStart(ProduceTag tag, int timeoutMs) => Post(new PartitionEvent
    {
        Kind = PartitionEventKind.AwaitStart,
        Append = new AppendRequest { Tag = tag, DeadlineMs = _services.Timers.NowMs + timeoutMs },
    });

    /// <summary>Flusher thread: one group commit, then another place in the queue when appends came meanwhile.</summary>
    public void FlushNow()
    {
        try
        {
            if (!_disk.Flush())
            {
                return;
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
        _disk.EndFlush();
    }

    /// <summary>Runs disk work that must not meet a flush or the end of the log: retention, deletion, a new log start.</summary>
    /// <returns>False when the log is gone.</returns>
    public bool WithLog(Action<PartitionLog> work) => _disk.WithLog(work);

    /// <summary>Ends the reign and hands the log to <paramref name="close"/>, after which nothing here touches it. Blocks.</summary>
    public void Close(ErrorCode error, Action<PartitionLog> close)
    {
        // Appends that came before may still be under way on another thread: the log must not be closed under them.
        using (var resigned = new ManualResetEventSlim())
        {
            Post(new PartitionEvent { Kind = PartitionEventKind.Resign, Error = error, Done = resigned });
            resigned.Wait();
        }

        _disk.End(close);
        _leader.Disarm();
    }

    /// <inheritdoc/>
    protected override void Process(in PartitionEvent cellEvent)
    {
        try
        {
            Dispatch(cellEvent);
            _leader.CarryOut();
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

        cellEvent.Ticket?.Complete();

        cellEvent.Done?.Set();
    }

    private void Dispatch(in PartitionEvent cellEvent)
    {
        switch (cellEvent.Kind)
        {
            case PartitionEventKind.Append:
                _leader.Append(cellEvent.Append, _role, _failed);
                _disk.FlushIfDue();
                break;
            case PartitionEventKind.LogChanged:
                OnLogChanged();
                break;
            case PartitionEventKind.AwaitStart:
                _leader.AwaitLogStart(cellEvent.Append, _role);
                break;
            case PartitionEventKind.RollIfDue:
                if (_role.IsLeader)
                {
                    Log.RollIfDue(_services.WallMs);
                }

                break;
            case PartitionEventKind.Park:
                _leader.Park(cellEvent);
                break;
            case PartitionEventKind.Cancel:
                _leader.Machine.OnFetchCancelled(cellEvent.Fetch);
                break;
            case PartitionEventKind.TimePassed:
                _leader.TimePassed();
                break;
            case PartitionEventKind.Assign:
                OnAssign(cellEvent.State!, cellEvent.Brokers, cellEvent.Link);
                break;
            case PartitionEventKind.Resign:
                StopLeading(new PartitionRole(false, _role.LeaderEpoch, _role.State, cellEvent.Error));
                _follower.Stop();
                break;
            case PartitionEventKind.FollowerFetch:
                _leader.FollowerFetch(cellEvent.Follower, cellEvent.Fetch, _role);
                break;
            case PartitionEventKind.FollowerGone:
                _leader.Machine.OnFollowerGone(cellEvent.Follower.Replica, cellEvent.Fetch);
                break;
            case PartitionEventKind.ProposalAnswered:
                OnProposalAnswered(cellEvent.Change!, cellEvent.Error, cellEvent.State);
                break;
            case PartitionEventKind.BrokersChanged:
                _brokers = cellEvent.Brokers;
                _leader.BrokersChanged(_brokers);
                break;
            case PartitionEventKind.LinkChanged:
                _follower.LinkChanged(cellEvent.Link!, cellEvent.IsConnected);
                break;
            case PartitionEventKind.Answered:
                OnAnswered(cellEvent.Answer, cellEvent.Batches);
                break;
            case PartitionEventKind.Damaged when !_failed && !_disk.IsGone:
                Damage.Act(cellEvent.Reason!, _follower.IsFollowing);
                break;
            case PartitionEventKind.Damaged:
                break;
            case PartitionEventKind.ExpireProducers:
                Log.Producers.Expire(cellEvent.DeadlineMs, _services.ProducerExpirationMs);
                break;
            case PartitionEventKind.DescribeProducers:
                cellEvent.Asking!.SetResult(DescribeProducers());
                break;
            case PartitionEventKind.RetryDue:
                _follower.FetchUnlessWaiting();
                break;
            default:
                throw new UnreachableException(cellEvent.Kind.ToString());
        }
    }

    private DescribedProducers DescribeProducers()
    {
        ErrorCode error = _failed || _disk.IsGone ? ErrorCode.KafkaStorageError : _role.IsLeader ? ErrorCode.None : _role.Error;
        return new DescribedProducers(error, error == ErrorCode.None ? [.. Log.Producers.Entries.Select(ActiveProducer.Of)] : []);
    }

    private void OnLogChanged()
    {
        if (_disk.IsGone)
        {
            return;
        }

        TakeRules();
        _leader.LogChanged();
        _follower.Flushed();
    }

    private void TakeRules()
    {
        LogOptions options = _rules.Log;
        if (!ReferenceEquals(Log.Options, options))
        {
            Log.UpdateOptions(options);
        }
    }

    private void OnAssign(PartitionState state, ImmutableArray<ReplicaStatus> brokers, IReplicaLink? link)
    {
        if (_failed || (_role.State is { } known && state.PartitionEpoch.Value <= known.PartitionEpoch.Value))
        {
            return;
        }

        _brokers = brokers;
        TakeRules();
        if (state.Leader == _services.NodeId)
        {
            _follower.Stop();
            _leader.Lead(state, _brokers);
            _role = new PartitionRole(true, state.LeaderEpoch, state, ErrorCode.None);
        }
        else if (link is not null)
        {
            Follow(state, link);
        }
        else
        {
            StopLeading(new PartitionRole(false, state.LeaderEpoch, state, ErrorCode.LeaderNotAvailable));
            _follower.Stop();
        }
    }

    /// <summary>R-3.5: who waits for the old reign is told before anything of the log goes.</summary>
    private void Follow(PartitionState state, IReplicaLink link)
    {
        StopLeading(new PartitionRole(false, state.LeaderEpoch, state, ErrorCode.NotLeaderOrFollower));
        _leader.CarryOut();
        if (Damage.EndsBy(state))
        {
            _follower.StartAnew(Log.LogStartOffset);
        }

        var following = new FollowerState
        {
            Self = _services.NodeId,
            BrokerEpoch = _services.Identity.Epoch,
            Leader = state.Leader,
            LeaderEpoch = state.LeaderEpoch,
            IsMember = state.Isr.Contains(_services.NodeId) || state.Elr.Contains(_services.NodeId),
            CountsFlushed = state.Flush == Flush.Commit,
            LastUncleanEpoch = state.LastUncleanEpoch,
        };
        _follower.Follow(following, link);
    }

    // The role first: a reader that still sees the leader's role has read the leader's high watermark.
    private void StopLeading(PartitionRole role)
    {
        _role = role;
        _leader.Resign(role.Error);
    }

    private void OnProposalAnswered(IsrChange change, ErrorCode error, PartitionState? state)
    {
        if (state is not null && error == ErrorCode.None && _role.IsLeader && state.LeaderEpoch == _role.LeaderEpoch)
        {
            OnAssign(state, _brokers, link: null);
        }

        _leader.ProposalAnswered(change, error);
    }

    private void OnAnswered(in FetchAnswer answer, in ReadOnlySequence<byte> batches)
    {
        if (_failed || _disk.IsGone)
        {
            return;
        }

        _follower.Answered(answer, batches);
        _disk.FlushIfDue();
    }

    /// <summary>What a follower is told now. Any thread.</summary>
    /// <param name="error">Why it was woken.</param>
    /// <param name="slice">Batches; dispose of it.</param>
    internal FetchAnswer AnswerFollower(in FollowerFetch fetch, ErrorCode error, int maxBytes, out LogSlice slice) =>
        _leader.AnswerFollower(fetch, error, maxBytes, out slice);

    /// <summary>Follower: what was above it is gone (R-7.5 with its conditions, R-7.6).</summary>
    internal void LowerHighWatermark(Offset highWatermark)
    {
        Volatile.Write(ref _highWatermark, highWatermark.Value);
        Log.HighWatermark = highWatermark;
    }

    /// <summary>Readers may see everything below from now on.</summary>
    internal void Publish(Offset highWatermark)
    {
        Invariant.Check(highWatermark.Value >= Volatile.Read(ref _highWatermark));
        Volatile.Write(ref _highWatermark, highWatermark.Value);
        Log.HighWatermark = highWatermark;
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
        Try(() => StopLeading(new PartitionRole(false, _role.LeaderEpoch, _role.State, ErrorCode.KafkaStorageError)));
        Try(_follower.Stop);

        // Who waits is told, all of them: one that throws must not keep it from the next, nor this cell from its next event.
        do
        {
            Try(_leader.CarryOut);
        }
        while (_leader.HasEffects);
    }

    private void Try(Action step)
    {
        try
        {
            step();
        }
#pragma warning disable CA1031 // The node stops for the first failure already; what comes of that is told and goes no further.
        catch (Exception exception)
        {
            Fail(exception);
        }
#pragma warning restore CA1031
    }

    private sealed class DeadlineTimer(PartitionCell cell, PartitionEventKind kind) : TimerTarget
    {
        internal override void OnDue() => cell.Post(new PartitionEvent { Kind = kind });
    }
}
