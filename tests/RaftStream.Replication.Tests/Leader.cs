using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Model;

namespace RaftStream.Replication.Tests;

/// <summary>Drives one leader over a pretended log and writes down its effects as short words.</summary>
internal sealed class Leader
{
    public const int BatchBytes = 100;

    private readonly List<PartitionEffect<int, string>> _effects = [];
    private long _logStart;
    private long _logEnd;
    private long _effectiveEnd;
    private int _partitionEpoch;

    public PartitionLeader<int, string> Machine { get; } = new();

    /// <summary>True is flush=commit: an append counts only after <see cref="Flush"/>.</summary>
    public bool Commit { get; init; }

    public long NowMs { get; set; }

    /// <summary>Effects since the last look, e.g. <c>hw=3 ok7@0 timeout8@3 wake:f error:f</c>.</summary>
    public string Effects()
    {
        string text = string.Join(' ', _effects.Select(Text));
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

    private LogBounds Bounds => new(new Offset(_logStart), new Offset(_logEnd), new Offset(_effectiveEnd));

    private static string Text(PartitionEffect<int, string> effect) => effect.Kind switch
    {
        PartitionEffectKind.PublishHighWatermark => string.Create(CultureInfo.InvariantCulture, $"hw={effect.HighWatermark}"),
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
