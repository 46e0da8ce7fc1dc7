using System.Collections.Immutable;
using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;
using RaftStream.Client;
using RaftStream.Integration.Histories;

namespace RaftStream.Chaos.Tests;

/// <summary>Writes histories by hand: each line happens after the one before, unless times are given.</summary>
internal sealed class Story
{
    public static readonly NamedPartition Orders = new("orders", 0);

    private readonly List<Operation> _operations = [];
    private long _now = 1_000;
    private TimeSpan? _longestFailover;

    /// <summary>A write by producer <paramref name="producer"/>, acknowledged.</summary>
    public Story Acked(int producer, long sequence, long offset, long? from = null, long? to = null) =>
        Add(new SendOperation(Orders, new Value(producer, sequence), offset) { Process = $"producer-{producer}", Invoked = From(from), Completed = To(to), Outcome = Outcome.Ok });

    /// <summary>A write that was refused, or without an answer.</summary>
    public Story NotAcked(int producer, long sequence, Outcome outcome) =>
        Add(new SendOperation(Orders, new Value(producer, sequence)) { Process = $"producer-{producer}", Invoked = From(null), Completed = To(null), Outcome = outcome, Error = "no" });

    /// <summary>A write at a time of its own that has no answer.</summary>
    public Story Tried(int producer, long sequence, long at) =>
        Add(new SendOperation(Orders, new Value(producer, sequence)) { Process = $"producer-{producer}", Invoked = at, Completed = at + 500, Outcome = Outcome.Info, Error = "no" });

    /// <summary>A poll that gives these values at offsets from <paramref name="offset"/> on.</summary>
    public Story Polled(string consumer, long offset, params (int Producer, long Sequence)[] values) =>
        Polled(consumer, isFinal: false, [.. values.Select((value, i) => new Seen(offset + i, new Value(value.Producer, value.Sequence)))]);

    /// <summary>The final read gives these values at offsets from 0 on.</summary>
    public Story Final(params (int Producer, long Sequence)[] values) =>
        Polled("final", isFinal: true, [.. values.Select((value, i) => new Seen(i, new Value(value.Producer, value.Sequence)))]);

    public Story Polled(string consumer, bool isFinal, params ImmutableArray<Seen> records) =>
        Add(new PollOperation(Orders, records, isFinal) { Process = consumer, Invoked = From(null), Completed = To(null), Outcome = Outcome.Ok, AppendEpoch = 1 });

    /// <summary>A poll by a client that is told who answers, but not who appended.</summary>
    public Story Fetched(int epoch, long offset, params (int Producer, long Sequence)[] values) => Add(
        new PollOperation(Orders, [.. values.Select((value, i) => new Seen(offset + i, new Value(value.Producer, value.Sequence)))])
        {
            Process = "thin",
            Invoked = From(null),
            Completed = To(null),
            Outcome = Outcome.Ok,
            LeaderEpoch = epoch,
        });

    public Story Listed(LogEnd end, long offset, long? from = null, long? to = null, int epoch = 1) =>
        Add(new ListOffsetOperation(Orders, end, offset, epoch) { Process = "watcher", Invoked = From(from), Completed = To(to), Outcome = Outcome.Ok });

    public Story Recovered(long afterNs, Outcome outcome = Outcome.Ok) =>
        Add(new RecoveryOperation(Orders) { Process = "final", Invoked = From(null), Completed = _now + afterNs, Outcome = outcome });

    public Story Leads(int leader, int epoch, ImmutableArray<int> replicas, ImmutableArray<int> isr) =>
        Add(new LeaderOperation(Orders, leader, epoch, replicas, isr) { Process = "watcher", Invoked = From(null), Completed = To(null), Outcome = Outcome.Ok });

    public Story Grew(int to, bool isQuestion, bool? wasBelow) => Add(new GrowthOperation("grow", new GrowthAction(to, isQuestion, wasBelow))
    {
        Process = "admin",
        Invoked = From(null),
        Completed = To(null),
        Outcome = wasBelow is null ? Outcome.Info : Outcome.Ok,
    });

    public Story Existed(ExistenceCall call, bool? wasThere, long? from = null, long? to = null) => Add(new ExistenceOperation("name", new ExistenceAction(call, wasThere))
    {
        Process = "admin",
        Invoked = From(from),
        Completed = To(to),
        Outcome = wasThere is null ? Outcome.Info : Outcome.Ok,
    });

    public Story Fault(string name, long from, long to, params ImmutableArray<NamedPartition> affected) =>
        Add(new FaultOperation(name, "broker 4", affected) { Process = "nemesis", Invoked = from, Completed = to, Outcome = Outcome.Ok });

    public Story Add(Operation operation)
    {
        _operations.Add(operation);
        _now += 1_000;
        return this;
    }

    /// <summary>What is promised of failovers.</summary>
    public Story Promised(TimeSpan? longestFailover)
    {
        _longestFailover = longestFailover;
        return this;
    }

    public History ToHistory(bool isIdempotent = false, bool needsFault = false) =>
        new(_operations, isIdempotent) { Began = DateTimeOffset.UnixEpoch, LongestFailover = _longestFailover, NeedsFault = needsFault };

    private long From(long? given) => given ?? _now;

    private long To(long? given) => given ?? (_now + 500);
}

internal static class CheckAssertions
{
    public static void Finds(this ICheck check, Story story, string text, bool isIdempotent = false)
    {
        Finding finding = check.Run(story.ToHistory(isIdempotent));
        Assert.Contains(finding.Anomalies, anomaly => anomaly.Text.Contains(text, StringComparison.Ordinal));
    }

    public static void Accepts(this ICheck check, Story story, bool isIdempotent = false)
    {
        Finding finding = check.Run(story.ToHistory(isIdempotent));
        Assert.Empty(finding.Anomalies.Select(anomaly => anomaly.Text));
        Assert.True(finding.Examined > 0, "nothing was looked at");
    }
}
