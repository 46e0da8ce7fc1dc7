using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Replication.Tests.Explorer;

/// <summary>A broker with one replica: carries out on a pretended log what the two machines decide, as the broker's cell does.</summary>
internal sealed class FakeBroker(int index, World world)
{
    private const int MostRecords = 3;

    private readonly List<PartitionEffect<int, Ask>> _effects = [];
    private PartitionLeader<int, Ask> _leader = null!;
    private PartitionFollower _follower = null!;
    private PartitionState? _state;
    private BrokerEpoch _epoch;
    private long _toldFlushed;

    public NodeId Id { get; } = new(index + 1);

    public int Index => index;

    public FakeLog Log { get; } = new();

    public bool IsUp { get; private set; }

    /// <summary>Counts the processes.</summary>
    public int Incarnation { get; private set; }

    /// <summary>How many images this process has seen.</summary>
    public int Applied { get; private set; }

    /// <summary>The image with its registration: it acts on nothing older (R-3.1).</summary>
    public int RegisteredAt { get; private set; }

    public long HighWatermark { get; private set; }

    public BrokerEpoch Epoch => _epoch;

    /// <summary>Set by a lossy crash with flush=os, until it is in the ISR again.</summary>
    public bool HasLost { get; set; }

    public bool IsLeading => IsUp && _leader.IsLeading;

    public LeaderEpoch LeaderEpoch => _leader.LeaderEpoch;

    public PartitionLeader<int, Ask> Leader => _leader;

    public bool WantsRetry { get; private set; }

    /// <summary>The proposal that has no answer yet.</summary>
    public IsrChange? Asked { get; private set; }

    private bool Commit => world.Options.Commit;

    public void Start(BrokerEpoch epoch, int registeredAt)
    {
        (IsUp, _epoch, RegisteredAt, Applied) = (true, epoch, registeredAt, 0);
        StoppedCleanly = false;
        Incarnation++;
        _leader = new PartitionLeader<int, Ask>(world.Times);
        _follower = new PartitionFollower(world.Times);
        _state = null;
        (_toldFlushed, WantsRetry, Asked) = (0, false, null);
        HighWatermark = Log.Checkpoint;
        Applied = world.Options.ActsEarly ? Math.Max(0, registeredAt - 3) : registeredAt;
    }

    /// <summary>The next registration may say that nothing was lost.</summary>
    public bool StoppedCleanly { get; private set; }

    public void Stop(bool isLossy, bool isClean)
    {
        (IsUp, StoppedCleanly) = (false, isClean);
        Log.Crash(world.Prng, isLossy);
    }

    /// <summary>Acts on the next image.</summary>
    public void ApplyNext()
    {
        MetadataImage image = world.Controller.Images[Applied++];
        if (image.Topics.Find("t") is null)
        {
            return;
        }

        PartitionState state = FakeController.PartitionOf(image);
        ImmutableArray<ReplicaStatus> brokers =
            [.. state.Replicas.Select(id => image.Brokers.ById[id]).Select(b => new ReplicaStatus(b.Id, b.Epoch, b.IsActive))];
        Assign(state, brokers);
        _leader.OnBrokersChanged(brokers, world.NowMs, _effects);
        CarryOut();
    }

    public void Produce(RequiredAcks acks)
    {
        if (_leader.CheckProduce(acks) != ErrorCode.None)
        {
            return;
        }

        int request = world.NewRecord(Log.End, _leader.LeaderEpoch.Value);
        long at = Log.End;
        Log.Append(new Record(_leader.LeaderEpoch.Value, request));
        world.Requests[request] = at;
        if (acks == RequiredAcks.All)
        {
            world.WantsAll.Add(request);
        }

        _leader.OnAppended(request, acks, new Offset(at), 1, Bounds, world.NowMs + 60_000, world.NowMs, _effects);
        CarryOut();
    }

    public void Flush()
    {
        Log.Flush();
        LogChanged();
        if (_follower.IsFollowing && Commit && _follower.IsWaiting && Log.DurableEnd > _toldFlushed)
        {
            FollowerFetch progress = _follower.Progress(Look());
            _toldFlushed = progress.FlushedEnd.Value;
            Send(progress);
        }
    }

    public void MoveStart(long start)
    {
        Log.MoveStart(start);
        LogChanged();
    }

    public void TimePassed()
    {
        _leader.OnTimePassed(world.NowMs, _effects);
        CarryOut();
    }

    public void ConnectionLost()
    {
        _follower.OnConnectionLost();
        WantsRetry = true;
    }

    public void Retry()
    {
        WantsRetry = false;
        if (_follower.IsFollowing && !_follower.IsWaiting)
        {
            FollowerFetch fetch = _follower.Fetch(Look());
            _toldFlushed = fetch.FlushedEnd.Value;
            Send(fetch);
        }
    }

    public void ProposalUnanswered() => TakeOutcome(Asked!, ErrorCode.RequestTimedOut, null);

    public void Take(Message message)
    {
        switch (message)
        {
            case FetchMessage fetch:
                TakeFetch(fetch.Ask);
                break;
            case AnswerMessage answer when answer.Incarnation == Incarnation:
                TakeAnswer(answer);
                break;
            case OutcomeMessage outcome when outcome.Incarnation == Incarnation:
                TakeOutcome(outcome.Change, outcome.Error, outcome.State);
                break;
        }
    }

    public override string ToString() =>
        $"{Id} {(IsUp ? IsLeading ? $"leads {LeaderEpoch}" : "follows" : "down")} epoch {_epoch.Value} images {Applied} hw {HighWatermark} {Log}";

    private LogBounds Bounds => new(new Offset(Log.Start), new Offset(Log.End), new Offset(Log.EffectiveEnd(Commit)));

    private FollowerLog Look() => new(
        new Offset(Log.Start), new Offset(Log.End), new Offset(Log.DurableEnd), new LeaderEpoch(Log.LastEpoch), new Offset(HighWatermark));

    private void Assign(PartitionState state, ImmutableArray<ReplicaStatus> brokers)
    {
        if (_state is { } known && state.PartitionEpoch.Value <= known.PartitionEpoch.Value)
        {
            return;
        }

        _state = state;
        if (state.Leader == Id)
        {
            Lead(state, brokers);
            return;
        }

        if (_leader.IsLeading)
        {
            _leader.OnResign(ErrorCode.NotLeaderOrFollower, _effects);
            CarryOut();
        }

        if (state.Leader == NodeId.None)
        {
            _follower.OnResign();
            return;
        }

        bool isNew = _follower.OnBecomeFollower(new FollowerState
        {
            Self = Id,
            BrokerEpoch = _epoch,
            Leader = state.Leader,
            LeaderEpoch = state.LeaderEpoch,
            IsMember = state.Isr.Contains(Id) || state.Elr.Contains(Id),
            CountsFlushed = Commit,
            LastUncleanEpoch = state.LastUncleanEpoch,
        });
        if (isNew && !world.Options.KeepsEmptyReigns)
        {
            Log.ForgetEmptyReign();
        }

        Retry();
    }

    private void Lead(PartitionState state, ImmutableArray<ReplicaStatus> brokers)
    {
        _follower.OnResign();
        Asked = null;
        if (state.LeaderEpoch > _leader.LeaderEpoch)
        {
            Log.BeginReign(state.LeaderEpoch.Value);
        }

        _leader.OnBecomeLeader(
            new LeadershipState
            {
                Self = Id,
                LeaderEpoch = state.LeaderEpoch,
                PartitionEpoch = state.PartitionEpoch,
                Replicas = state.Replicas,
                Isr = state.Isr,
                MinIsr = state.MinIsr,
                CountsFlushed = Commit,
                IsRecovering = state.RecoveryState == RecoveryState.Recovering,
                Brokers = brokers,
            },
            Bounds,
            new Offset(HighWatermark),
            world.NowMs,
            _effects);
        HighWatermark = Math.Max(HighWatermark, _leader.HighWatermark.Value);
        CarryOut();
    }

    private void LogChanged()
    {
        _leader.OnLogChanged(Bounds, world.NowMs, _effects);
        CarryOut();
    }

    private void TakeFetch(Ask ask)
    {
        FollowerFetch fetch = ask.Fetch;
        ErrorCode error = CheckEpoch(fetch.LeaderEpoch);
        if (error == ErrorCode.None)
        {
            EpochEndOffset? end = fetch.LastFetchedEpoch.Value >= 0 ? Log.EndOf(fetch.LastFetchedEpoch.Value) : null;
            FetchVerdict verdict = _leader.OnFollowerFetch(fetch, end, ask, world.NowMs, _effects);
            CarryOut();
            if (verdict.IsParked)
            {
                return;
            }

            error = verdict.Error;
        }

        if (!fetch.IsProgressOnly)
        {
            Answer(ask, error);
        }
    }

    private ErrorCode CheckEpoch(LeaderEpoch callers)
    {
        LeaderEpoch own = _state?.LeaderEpoch ?? LeaderEpoch.Unknown;
        return callers < own ? ErrorCode.FencedLeaderEpoch
            : callers > own ? ErrorCode.UnknownLeaderEpoch
            : _leader.IsLeading ? ErrorCode.None : ErrorCode.NotLeaderOrFollower;
    }

    private void Answer(Ask ask, ErrorCode error)
    {
        FollowerFetch fetch = ask.Fetch;
        ErrorCode now = CheckEpoch(fetch.LeaderEpoch);
        error = now == ErrorCode.None ? error : now;
        var answer = new FetchAnswer
        {
            Correlation = fetch.Correlation,
            HighWatermark = new Offset(HighWatermark),
            LogStart = new Offset(Log.Start),
            Round = _leader.Round,
        };
        Record[] records = [];
        if (error == ErrorCode.None && fetch.Offset.Value < Log.Start)
        {
            error = ErrorCode.OffsetOutOfRange;
        }
        else if (error == ErrorCode.None && Diverging(fetch) is { } end)
        {
            answer = answer with { Diverging = end };
        }
        else if (error == ErrorCode.None)
        {
            records = Log.Read(fetch.Offset.Value, MostRecords);
        }

        world.Send(new AnswerMessage(ask.From, ask.Incarnation, answer with { Error = error }, fetch.Offset.Value, records));
    }

    private EpochEndOffset? Diverging(in FollowerFetch fetch)
    {
        if (fetch.LastFetchedEpoch.Value < 0)
        {
            return null;
        }

        EpochEndOffset end = Log.EndOf(fetch.LastFetchedEpoch.Value);
        return end.Epoch < fetch.LastFetchedEpoch || end.EndOffset < fetch.Offset ? end : null;
    }

    private void TakeAnswer(AnswerMessage message)
    {
        EpochEndOffset? own = message.Answer.Diverging is { } leaders ? Log.EndOf(leaders.Epoch.Value) : null;
        FollowerStep step = _follower.OnAnswer(message.Answer, Look(), own);
        switch (step.Kind)
        {
            case FollowerStepKind.Append:
                Log.AppendReplicated(message.Offset, message.Records, _follower.State!.LeaderEpoch.Value);
                TakeHighWatermark(message.Answer);
                Log.MoveStart(Math.Min(message.Answer.LogStart.Value, HighWatermark));
                break;
            case FollowerStepKind.Truncate:
                if (world.Times.Broke(ReplicationSabotage.HighWatermarkFromDivergence))
                {
                    TakeHighWatermark(message.Answer);
                    world.Look();
                }

                Log.TruncateTo(step.Target.Value);
                HighWatermark = Math.Min(HighWatermark, step.Target.Value);
                break;
            case FollowerStepKind.StartAnew:
                Log.StartAnew(step.Target.Value);
                HighWatermark = step.Target.Value;
                break;
            case FollowerStepKind.BackOff:
                WantsRetry = true;
                return;
            case FollowerStepKind.Halt:
                throw new BrokenRuleException($"S-R10: {Id} would cut committed records at {step.Target}");
        }

        Retry();
    }

    private void TakeHighWatermark(in FetchAnswer answer) => HighWatermark = PartitionFollower.HighWatermark(answer, Look()).Value;

    private void TakeOutcome(IsrChange change, ErrorCode error, PartitionState? state)
    {
        Asked = ReferenceEquals(change, Asked) ? null : Asked;
        if (state is not null && error == ErrorCode.None && _leader.IsLeading && state.LeaderEpoch == _leader.LeaderEpoch)
        {
            // R-8.5: the brokers are those of the image that was applied last.
            MetadataImage image = world.Controller.Images[Applied - 1];
            Assign(state, [.. state.Replicas.Select(id => image.Brokers.ById[id]).Select(b => new ReplicaStatus(b.Id, b.Epoch, b.IsActive))]);
        }

        _leader.OnProposalAnswered(change, error, world.NowMs, _effects);
        CarryOut();
    }

    private void Send(in FollowerFetch fetch) =>
        world.Send(new FetchMessage(_follower.State!.Leader.Value - 1, new Ask(index, Incarnation, fetch)));

    private void CarryOut()
    {
        for (int i = 0; i < _effects.Count; i++)
        {
            PartitionEffect<int, Ask> effect = _effects[i];
            switch (effect.Kind)
            {
                case PartitionEffectKind.PublishHighWatermark:
                    HighWatermark = effect.HighWatermark.Value;
                    break;
                case PartitionEffectKind.AnswerProduce:
                    world.Answered(effect.Produce, effect.Error, Log);
                    break;
                case PartitionEffectKind.WakeFetch:
                    Answer(effect.Fetch, effect.Error);
                    break;
                case PartitionEffectKind.ProposeIsr:
                    Asked = effect.Change!;
                    world.Send(new ProposalMessage(index, Incarnation, _epoch, Asked));
                    break;
            }
        }

        _effects.Clear();
    }
}
