using System.Collections.Immutable;
using System.Diagnostics;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Threads;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Records.Producers;
using RaftStream.Replication;
using RaftStream.Storage;
using RecoveryState = RaftStream.Metadata.Images.RecoveryState;

namespace RaftStream.Broker.Partitions;

/// <summary>A partition as leader: feeds its machine and does what that asks for, in its order. Only events of the cell come here.</summary>
internal sealed class LeaderRole(PartitionCell cell, PartitionServices services, TimerTarget timer)
{
    private readonly List<PartitionEffect<ProduceTag, FetchTag>> _effects = [];
    private long _reignStart;
    private int _carriedOut;

    /// <summary>The machine.</summary>
    public PartitionLeader<ProduceTag, FetchTag> Machine { get; } = new(services.Times);

    /// <summary>True when <see cref="CarryOut"/> was broken off: it goes on behind what failed.</summary>
    public bool HasEffects => _carriedOut < _effects.Count;

    /// <summary>The log end when the reign began (LESO). Any thread.</summary>
    public Offset ReignStart => new(Volatile.Read(ref _reignStart));

    /// <summary>Begins a reign, or takes new metadata within it .</summary>
    public void Lead(PartitionState state, ImmutableArray<ReplicaStatus> brokers)
    {
        bool isNewReign = state.LeaderEpoch > Machine.LeaderEpoch;
        if (isNewReign)
        {
            cell.Log.AcceptDamage(); // A replica with damage was reported and leads only by an unclean election.
            FlushWhatIsAccepted(state);
            cell.Log.AssignLeaderEpoch(state.LeaderEpoch);
        }

        Machine.OnBecomeLeader(Leadership(state, brokers), Bounds(), cell.HighWatermark, services.Timers.NowMs, _effects);
        if (isNewReign)
        {
            cell.Publish(Machine.HighWatermark);
            Volatile.Write(ref _reignStart, Machine.ReignStart.Value);
            BrokerLog.Leading(
                services.Logger, cell.Name, state.LeaderEpoch.Value, cell.Log.LogEndOffset.Value, Machine.HighWatermark.Value);
        }
    }

    /// <summary>Ends the reign; who waits is told <paramref name="error"/>.</summary>
    public void Resign(ErrorCode error)
    {
        if (Machine.IsLeading)
        {
            Machine.OnResign(error, _effects);
        }
    }

    /// <summary>Appends and remembers who waits .</summary>
    public void Append(in AppendRequest request, PartitionRole role, bool hasFailed)
    {
        ErrorCode error = hasFailed ? ErrorCode.KafkaStorageError : Machine.CheckProduce(request.Acks);
        if (error != ErrorCode.None)
        {
            error = error == ErrorCode.NotLeaderOrFollower ? role.Error : error;
            request.Tag.Sink.OnProduced(request.Tag.RequestId, ProduceResult.Failed(error));
            return;
        }

        if (request.Header.HasProducerId && !IsNew(request))
        {
            return;
        }

        Offset baseOffset;
        try
        {
            baseOffset = cell.Log.Append(request.Header, request.Batch, Machine.LeaderEpoch, services.WallMs);
        }
        catch (Exception)
        {
            // Whatever it was, the node stops for it; the producer is not left waiting.
            request.Tag.Sink.OnProduced(request.Tag.RequestId, ProduceResult.Failed(ErrorCode.KafkaStorageError));
            throw;
        }

        int bytes = request.Header.SizeInBytes;
        Machine.OnAppended(request.Tag, request.Acks, baseOffset, bytes, Bounds(), request.DeadlineMs, services.Timers.NowMs, _effects);
        if (request.Acks == RequiredAcks.None)
        {
            Answer(request.Tag, ErrorCode.None, baseOffset);
        }
    }

    /// <summary>G-3.4: false when the batch is in the log already, or does not continue what its producer wrote; it is answered then.</summary>
    private bool IsNew(in AppendRequest request)
    {
        ProducerVerdict verdict = cell.Log.Producers.Check(request.Header);
        if (verdict.Original is { } original)
        {
            services.Metrics.DuplicateProduced();
            ProduceTag tag = request.Tag with { LogAppendTimeMs = original.LogAppendTimeMs };
            Machine.OnDuplicate(tag, request.Acks, original.BaseOffset, original.End, request.DeadlineMs, services.Timers.NowMs, _effects);
            if (request.Acks == RequiredAcks.None)
            {
                Answer(tag, ErrorCode.None, original.BaseOffset);
            }

            return false;
        }

        if (verdict.Error != ErrorCode.None)
        {
            services.Metrics.ProduceRefused(verdict.Error);
            request.Tag.Sink.OnProduced(
                request.Tag.RequestId, ProduceResult.Failed(verdict.Error, verdict.Reason) with { LogStartOffset = cell.Log.LogStartOffset });
        }

        return verdict.Error == ErrorCode.None;
    }

    /// <summary>A flush has ended, or the log start has moved.</summary>
    public void LogChanged() => Machine.OnLogChanged(Bounds(), services.Timers.NowMs, _effects);

    /// <summary>A client has moved the log start and waits for the replicas .</summary>
    public void AwaitLogStart(in AppendRequest request, PartitionRole role)
    {
        if (Machine.IsLeading)
        {
            Machine.OnLogStartAwaited(request.Tag, Bounds(), request.DeadlineMs, services.Timers.NowMs, _effects);
        }
        else
        {
            request.Tag.Sink.OnProduced(request.Tag.RequestId, ProduceResult.Failed(role.Error));
        }
    }

    /// <summary>Waits end whose time has passed, and the ISR is looked at.</summary>
    public void TimePassed() => Machine.OnTimePassed(services.Timers.NowMs, _effects);

    /// <summary>A consumer waits.</summary>
    public void Park(in PartitionEvent asked) => Machine.OnFetchParked(
        asked.Fetch, asked.Offset, asked.Seen, asked.MissingBytes, asked.DeadlineMs, _effects);

    /// <summary>Brokers of the replicas have changed.</summary>
    public void BrokersChanged(ImmutableArray<ReplicaStatus> brokers) => Machine.OnBrokersChanged(brokers, services.Timers.NowMs, _effects);

    /// <summary>The controller has answered a proposal.</summary>
    public void ProposalAnswered(IsrChange change, ErrorCode error) =>
        Machine.OnProposalAnswered(change, error, services.Timers.NowMs, _effects);

    /// <summary>A follower asks: its fetch waits in the machine until there is news.</summary>
    public void FollowerFetch(in FollowerFetch fetch, FetchTag tag, PartitionRole role)
    {
        ErrorCode error = PartitionReader.CheckEpoch(role, fetch.LeaderEpoch);
        if (error == ErrorCode.None && fetch.LeaderEpoch == Machine.LeaderEpoch)
        {
            EpochEndOffset? end = fetch.LastFetchedEpoch.Value >= 0 ? cell.Log.EndOffsetForEpoch(fetch.LastFetchedEpoch) : null;
            FetchVerdict verdict = Machine.OnFollowerFetch(fetch, end, tag, services.Timers.NowMs, _effects);
            if (verdict.IsParked)
            {
                return;
            }

            error = verdict.Error; // A divergence is found again when the answer is made.
        }
        else if (error == ErrorCode.None)
        {
            error = ErrorCode.UnknownLeaderEpoch;
        }

        if (!fetch.IsProgressOnly)
        {
            tag.Waiter.OnWake(tag.Index, tag.Generation, error);
        }
    }

    /// <summary>What a follower is told now: looked at again, since the role may have changed while the fetch waited. Any thread.</summary>
    /// <param name="error">Why it was woken.</param>
    /// <param name="slice">Batches; dispose of it.</param>
    /// <remarks>One partition that cannot be read must not end the stream on which all others are followed (L-6).</remarks>
    public FetchAnswer AnswerFollower(in FollowerFetch fetch, ErrorCode error, int maxBytes, out LogSlice slice)
    {
        if (!cell.Damage.IsUnreadable(fetch.Offset))
        {
            try
            {
                FetchAnswer answer = TryAnswer(fetch, error, maxBytes, out slice);
                cell.Damage.Check(slice.Error);
                return answer;
            }
            catch (StorageException exception)
            {
                cell.Damage.ReadFailed(fetch.Offset, exception);
            }
        }

        slice = default;
        return new FetchAnswer { Correlation = fetch.Correlation, Error = ErrorCode.KafkaStorageError };
    }

    private FetchAnswer TryAnswer(in FollowerFetch fetch, ErrorCode error, int maxBytes, out LogSlice slice)
    {
        slice = default;
        var answer = new FetchAnswer
        {
            Correlation = fetch.Correlation,
            HighWatermark = cell.HighWatermark,
            LogStart = cell.Log.LogStartOffset,
            Round = Machine.Round,
        };
        if (error == ErrorCode.None && PartitionReader.DivergesAt(cell, fetch.Offset, fetch.LastFetchedEpoch) is { } end)
        {
            answer = answer with { Diverging = end };
        }
        else if (error == ErrorCode.None)
        {
            slice = cell.Log.Read(fetch.Offset, maxBytes, cell.Log.LogEndOffset);
            error = slice.Error;
        }

        ErrorCode now = PartitionReader.CheckEpoch(cell.Role, fetch.LeaderEpoch);
        return answer with { Error = now == ErrorCode.None ? error : now };
    }

    /// <summary>Does what the machine asked for, in its order; after a failure it goes on behind what is done.</summary>
    public void CarryOut()
    {
        while (_carriedOut < _effects.Count)
        {
            PartitionEffect<ProduceTag, FetchTag> effect = _effects[_carriedOut++];
            switch (effect.Kind)
            {
                case PartitionEffectKind.PublishHighWatermark:
                    cell.Publish(effect.HighWatermark);
                    break;
                case PartitionEffectKind.AnswerProduce:
                    Answer(effect.Produce, effect.Error, effect.BaseOffset);
                    break;
                case PartitionEffectKind.WakeFetch:
                    effect.Fetch.Waiter.OnWake(effect.Fetch.Index, effect.Fetch.Generation, effect.Error);
                    break;
                case PartitionEffectKind.ProposeIsr:
                    BrokerLog.Proposing(services.Logger, cell.Name, effect.Change!.NewIsr.Length, cell.Role.State!.Isr.Length);
                    services.Proposer.Propose(cell, effect.Change);
                    break;
                case PartitionEffectKind.ConfirmRound:
                    break; // Nobody here asks for rounds, and a follower that echoes one that was not asked for confirms nothing.
                default:
                    throw new UnreachableException(effect.Kind.ToString());
            }
        }

        _carriedOut = 0;
        _effects.Clear();
        long deadline = Machine.NextDeadlineMs;
        if (deadline != long.MaxValue)
        {
            services.Timers.Arm(timer, deadline);
        }
    }

    /// <summary>No timer rings any more.</summary>
    public void Disarm() => services.Timers.Disarm(timer);

    /// <summary>
    /// After an unclean election this log, as it is, is what counts, but with flush=commit it may not be flushed up to
    /// its own high watermark: nobody has waited for this replica. Everything is flushed before the reign begins, so before
    /// anybody reads of it. Otherwise a crash would take what is committed from a replica that stays eligible (R-9.5,
    /// S-R2), and followers that hold it, and batches of this reign after it, could not follow any more.
    /// </summary>
    private void FlushWhatIsAccepted(PartitionState state)
    {
        if (state.Flush == Flush.Commit && state.LastUncleanEpoch > cell.Log.LastEpoch)
        {
            cell.WithLog(log => log.Flush());
        }
    }

    private LeadershipState Leadership(PartitionState state, ImmutableArray<ReplicaStatus> brokers) => new()
    {
        Self = services.NodeId,
        LeaderEpoch = state.LeaderEpoch,
        PartitionEpoch = state.PartitionEpoch,
        Replicas = state.Replicas,
        Isr = state.Isr,
        MinIsr = services.Times.Broke(ReplicationSabotage.MinIsrFromConfig)
            ? Math.Min(cell.Rules.Settings.MinInsyncReplicas, state.Replicas.Length)
            : state.MinIsr,
        CountsFlushed = state.Flush == Flush.Commit,
        IsRecovering = state.RecoveryState == RecoveryState.Recovering,
        Brokers = brokers,
    };

    private void Answer(ProduceTag tag, ErrorCode error, Offset baseOffset) => tag.Sink.OnProduced(
        tag.RequestId, new ProduceResult(error, null, baseOffset, tag.LogAppendTimeMs, cell.Log.LogStartOffset));

    // The end is read first: a flush may complete between the reads, but never beyond an end that was read later.
    private LogBounds Bounds()
    {
        Offset effectiveEnd = cell.Log.EffectiveEnd;
        return new LogBounds(cell.Log.LogStartOffset, cell.Log.LogEndOffset, effectiveEnd);
    }
}
