using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Model;

namespace RaftStream.Replication.Tests;

/// <summary>Drives one leader over a pretended log and writes down its effects as short words.</summary>
internal sealed class Leader(ReplicationSabotage sabotage = ReplicationSabotage.None)
{
    public const int BatchBytes = 100;

    private readonly List<PartitionEffect<int, string>> _effects = [];
    private long _logStart;
    private long _logEnd;
    private long _effectiveEnd;
    private readonly List<EpochEndOffset> _reigns = [];
    private readonly Dictionary<int, long> _correlations = [];
    private int _partitionEpoch;

    public PartitionLeader<int, string> Machine { get; } = new(new ReplicationTimes { Sabotage = sabotage });

    /// <summary>True is flush=commit: an append counts only after <see cref="Flush"/>.</summary>
    public bool Commit { get; init; }

    public long NowMs { get; set; }

    /// <summary>Effects since the last look, e.g. <c>hw=3 ok7@0 timeout8@3 wake:f error:f</c>.</summary>
    public string Effects()
    {
        string text = string.Join(' ', _effects.Select(Text));
        Proposal = _effects.LastOrDefault(effect => effect.Change is not null).Change ?? Proposal;
        _effects.Clear();
        return text;
    }

    public Leader Lead(int epoch = 0, int minIsr = 1, long hint = 0, params int[] isr)
    {
        ImmutableArray<NodeId> members = isr.Length == 0 ? [new NodeId(1)] : [.. isr.Select(i => new NodeId(i))];
        var state = new LeadershipState
        {
            Self = new NodeId(1),
            LeaderEpoch = new LeaderEpoch(epoch),
            PartitionEpoch = new PartitionEpoch(_partitionEpoch++),
            Replicas = members,
            Isr = members,
            MinIsr = minIsr,
        };
        Machine.OnBecomeLeader(state, Bounds, new Offset(hint), NowMs, _effects);
        return this;
    }

    /// <summary>Leads, or takes new metadata, with others beside node 1; broker n is registered as 10n unless said otherwise.</summary>
    public Leader Reign(
        int epoch = 0, int minIsr = 1, int[]? isr = null, int[]? replicas = null, bool isRecovering = false, ReplicaStatus[]? brokers = null)
    {
        int[] all = replicas ?? [1, 2, 3];
        if (epoch > Machine.LeaderEpoch.Value && (_reigns.Count == 0 || _reigns[^1].Epoch.Value < epoch))
        {
            _reigns.Add(new EpochEndOffset(new LeaderEpoch(epoch), new Offset(_logEnd)));
        }

        var state = new LeadershipState
        {
            Self = new NodeId(1),
            LeaderEpoch = new LeaderEpoch(epoch),
            PartitionEpoch = new PartitionEpoch(_partitionEpoch++),
            Replicas = [.. all.Select(i => new NodeId(i))],
            Isr = [.. (isr ?? all).Select(i => new NodeId(i))],
            MinIsr = minIsr,
            CountsFlushed = Commit,
            IsRecovering = isRecovering,
            Brokers = [.. brokers ?? all.Select(i => Broker(i))],
        };
        Machine.OnBecomeLeader(state, Bounds, Machine.HighWatermark, NowMs, _effects);
        return this;
    }

    public static ReplicaStatus Broker(int id, long? epoch = null, bool isActive = true) =>
        new(new NodeId(id), new BrokerEpoch(epoch ?? (10 * id)), isActive);

    public Leader Brokers(params ReplicaStatus[] brokers)
    {
        Machine.OnBrokersChanged([.. brokers], NowMs, _effects);
        return this;
    }

    /// <summary>Reigns of which the log has batches: epoch and start.</summary>
    public Leader Reigns(params (int Epoch, long Start)[] reigns)
    {
        _reigns.Clear();
        _reigns.AddRange(reigns.Select(r => new EpochEndOffset(new LeaderEpoch(r.Epoch), new Offset(r.Start))));
        return this;
    }

    /// <summary>A follower fetches; the tag is the replica's number with the offset, e.g. <c>2:5</c>.</summary>
    public FetchVerdict Ask(
        int replica,
        long offset,
        long? flushed = null,
        int? lastEpoch = null,
        long? brokerEpoch = null,
        long knownHighWatermark = -1,
        long knownRound = 0,
        long logStart = 0,
        bool isProgressOnly = false,
        long? correlation = null,
        string? tag = null)
    {
        _correlations[replica] = correlation ?? (_correlations.GetValueOrDefault(replica) + 1);
        var last = new LeaderEpoch(lastEpoch ?? (offset == 0 ? -1 : LastEpochBelow(offset)));
        var fetch = new FollowerFetch
        {
            Correlation = _correlations[replica],
            Replica = new NodeId(replica),
            BrokerEpoch = new BrokerEpoch(brokerEpoch ?? (10 * replica)),
            LeaderEpoch = Machine.LeaderEpoch,
            Offset = new Offset(offset),
            LastFetchedEpoch = last,
            FlushedEnd = new Offset(flushed ?? offset),
            LogStart = new Offset(logStart),
            KnownHighWatermark = knownHighWatermark < 0 ? Offset.Min(Machine.HighWatermark, new Offset(offset)) : new Offset(knownHighWatermark),
            KnownRound = knownRound,
            IsProgressOnly = isProgressOnly,
        };
        EpochEndOffset? end = last.Value < 0 ? null : EndOf(last);
        return Machine.OnFollowerFetch(fetch, end, tag ?? string.Create(CultureInfo.InvariantCulture, $"{replica}:{offset}"), NowMs, _effects);
    }

    /// <summary>A follower fetches, and waits.</summary>
    public Leader Fetch(int replica, long offset, long? flushed = null, long knownRound = 0, long knownHighWatermark = -1)
    {
        Assert.True(Ask(replica, offset, flushed, knownRound: knownRound, knownHighWatermark: knownHighWatermark).IsParked);
        return this;
    }

    /// <summary>The latest proposal.</summary>
    public IsrChange? Proposal { get; private set; }

    public Leader Answer(ErrorCode error, IsrChange? change = null)
    {
        Machine.OnProposalAnswered(change ?? Proposal!, error, NowMs, _effects);
        return this;
    }

    public Leader AskRound()
    {
        Machine.OnRoundRequested(NowMs, _effects);
        return this;
    }

    public Leader Gone(int replica, string tag)
    {
        Machine.OnFollowerGone(new NodeId(replica), tag);
        return this;
    }

    public Leader LogIs(long start, long effectiveEnd, long end)
    {
        (_logStart, _effectiveEnd, _logEnd) = (start, effectiveEnd, end);
        return this;
    }

    public Leader Produce(int request, RequiredAcks acks = RequiredAcks.All, int records = 1, long timeoutMs = 1000)
    {
        long baseOffset = _logEnd;
        _logEnd += records;
        _effectiveEnd = Commit ? _effectiveEnd : _logEnd;
        Machine.OnAppended(request, acks, new Offset(baseOffset), BatchBytes, Bounds, NowMs + timeoutMs, NowMs, _effects);
        return this;
    }

    public Leader SendAgain(int request, long baseOffset, RequiredAcks acks = RequiredAcks.All, int records = 1, long timeoutMs = 1000)
    {
        Machine.OnDuplicate(request, acks, new Offset(baseOffset), new Offset(baseOffset + records), NowMs + timeoutMs, NowMs, _effects);
        return this;
    }

    public Leader Flush(long? upTo = null)
    {
        _effectiveEnd = upTo ?? _logEnd;
        Machine.OnLogChanged(Bounds, NowMs, _effects);
        return this;
    }

    public Leader MoveStart(long offset)
    {
        _logStart = offset;
        Machine.OnLogChanged(Bounds, NowMs, _effects);
        return this;
    }

    /// <summary>A client moves the log start, and waits for the replicas.</summary>
    public Leader AwaitStart(int request, long offset, long timeoutMs = 1000)
    {
        _logStart = Math.Max(_logStart, offset);
        Machine.OnLogStartAwaited(request, Bounds, NowMs + timeoutMs, NowMs, _effects);
        return this;
    }

    public Leader Park(string fetch, long offset, long? seen = null, long missing = 1, long waitMs = 500)
    {
        Machine.OnFetchParked(fetch, new Offset(offset), seen is { } s ? new Offset(s) : Machine.HighWatermark, missing, NowMs + waitMs, _effects);
        return this;
    }

    public Leader At(long nowMs)
    {
        NowMs = nowMs;
        Machine.OnTimePassed(nowMs, _effects);
        return this;
    }

    public Leader Resign()
    {
        Machine.OnResign(ErrorCode.NotLeaderOrFollower, _effects);
        return this;
    }

    private int LastEpochBelow(long offset) => _reigns.LastOrDefault(reign => reign.EndOffset.Value < offset, _reigns[0]).Epoch.Value;

    /// <summary>C-4.4 over <see cref="Reigns"/>.</summary>
    private EpochEndOffset EndOf(LeaderEpoch epoch)
    {
        int index = _reigns.FindLastIndex(reign => reign.Epoch <= epoch);
        return index < 0
            ? new EpochEndOffset(epoch, _reigns[0].EndOffset)
            : new EpochEndOffset(_reigns[index].Epoch, index + 1 < _reigns.Count ? _reigns[index + 1].EndOffset : new Offset(_logEnd));
    }

    private LogBounds Bounds => new(new Offset(_logStart), new Offset(_logEnd), new Offset(_effectiveEnd));

    private static string Text(PartitionEffect<int, string> effect) => effect.Kind switch
    {
        PartitionEffectKind.PublishHighWatermark => string.Create(CultureInfo.InvariantCulture, $"hw={effect.HighWatermark}"),
        PartitionEffectKind.ConfirmRound => string.Create(CultureInfo.InvariantCulture, $"round={effect.Round}"),
        PartitionEffectKind.ProposeIsr =>
            $"propose:{string.Join(',', effect.Change!.NewIsr.Select(m => m.Id.Value))}{(effect.Change.IsFence ? "!" : "")}{(effect.Change.IsRecovering ? "~" : "")}",
        PartitionEffectKind.AnswerProduce => string.Create(CultureInfo.InvariantCulture, $"{Word(effect.Error)}{effect.Produce}@{effect.BaseOffset}"),
        _ => effect.Error == ErrorCode.None ? $"wake:{effect.Fetch}" : $"{Word(effect.Error)}:{effect.Fetch}",
    };

    private static string Word(ErrorCode error) => error switch
    {
        ErrorCode.None => "ok",
        ErrorCode.RequestTimedOut => "timeout",
        ErrorCode.NotLeaderOrFollower => "notleader",
        _ => error.ToString(),
    };
}
