using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Histories;

namespace RaftStream.Chaos.Histories;

/// <summary>One operation of one process, from its start to its end.</summary>
internal abstract record Operation
{
    /// <summary>Who did it. A process does one thing after the other, except for producers that send ahead.</summary>
    public required string Process { get; init; }

    /// <summary>Nanoseconds since the run began, on one monotonic clock for all processes, before anything was sent.</summary>
    public required long Invoked { get; init; }

    /// <summary>The same after everything was received; <see cref="long.MaxValue"/> when that never came.</summary>
    public long Completed { get; init; } = long.MaxValue;

    /// <summary>What the process knows of it.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Why it did not succeed.</summary>
    public string? Error { get; init; }

    /// <summary>The operation without process and times.</summary>
    public abstract string What { get; }

    /// <summary>One line for people.</summary>
    public sealed override string ToString()
    {
        string completed = Completed == long.MaxValue ? "never" : string.Create(CultureInfo.InvariantCulture, $"{Completed / 1e9:F6}");
        string error = Error is null ? "" : $" ({Error})";
        return string.Create(CultureInfo.InvariantCulture, $"[{Invoked / 1e9:F6} .. {completed}] {Process}: {What} -> {Outcome}{error}");
    }
}

/// <summary>One value sent to one partition.</summary>
/// <param name="Offset">Where it was stored; -1 unless <see cref="Outcome.Ok"/>.</param>
internal sealed record SendOperation(NamedPartition Partition, Value Value, long Offset = -1) : Operation
{
    /// <inheritdoc/>
    public override string What => string.Create(CultureInfo.InvariantCulture, $"send {Value} to {Partition}, offset {Offset}");
}

/// <summary>One record as a consumer saw it.</summary>
/// <param name="Value">Null when the bytes were not a value of this run.</param>
internal readonly record struct Seen(long Offset, Value? Value);

/// <summary>Records of one partition handed to a consumer at once, in the order in which they came.</summary>
/// <remarks>A consumer that seeks goes on as another process.</remarks>
/// <param name="IsFinal">Belongs to the reading of everything after all faults were healed.</param>
internal sealed record PollOperation(NamedPartition Partition, ImmutableArray<Seen> Records, bool IsFinal = false) : Operation
{
    /// <summary>Epoch of the leader that appended the records; -1 where the client was not told.</summary>
    public int AppendEpoch { get; init; } = -1;

    /// <summary>Epoch of the leader that answered; -1 where the client was not told.</summary>
    public int LeaderEpoch { get; init; } = -1;

    /// <inheritdoc/>
    public override string What => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsFinal ? "final read" : "poll")} of {Partition}: {(Records.IsEmpty ? "nothing" : $"{Records[0].Offset}={Records[0].Value} .. {Records[^1].Offset}={Records[^1].Value}")}{Epoch("appended in epoch", AppendEpoch)}{Epoch("leader epoch", LeaderEpoch)}");

    private static string Epoch(string which, int epoch) => epoch < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {which} {epoch}");
}

/// <summary>An end of a partition's log.</summary>
internal enum LogEnd
{
    Earliest,
    Latest,
}

/// <summary>A question for an end of a partition's log.</summary>
/// <param name="LeaderEpoch">Of the leader that answered.</param>
internal sealed record ListOffsetOperation(NamedPartition Partition, LogEnd End, long Offset = -1, int LeaderEpoch = -1) : Operation
{
    /// <inheritdoc/>
    public override string What => string.Create(CultureInfo.InvariantCulture, $"{End} offset of {Partition}: {Offset}, leader epoch {LeaderEpoch}");
}

/// <summary>What a broker said about who has a partition.</summary>
internal sealed record LeaderOperation(
    NamedPartition Partition, int Leader, int LeaderEpoch, ImmutableArray<int> Replicas, ImmutableArray<int> Isr) : Operation
{
    /// <inheritdoc/>
    public override string What => string.Create(
        CultureInfo.InvariantCulture,
        $"metadata of {Partition}: leader {Leader} epoch {LeaderEpoch}, replicas {string.Join(',', Replicas)}, isr {string.Join(',', Isr)}");
}

/// <summary>A call about the number of a topic's partitions.</summary>
internal sealed record GrowthOperation(string Topic, GrowthAction Action) : Operation
{
    /// <inheritdoc/>
    public override string What => $"partitions of {Topic}: {Action}";
}

/// <summary>A call about a topic's name.</summary>
internal sealed record ExistenceOperation(string Topic, ExistenceAction Action) : Operation
{
    /// <inheritdoc/>
    public override string What => $"topic {Topic}: {Action}";
}

/// <summary>The first write that a partition took after all faults were healed; lasts from the healing to the answer.</summary>
internal sealed record RecoveryOperation(NamedPartition Partition) : Operation
{
    /// <inheritdoc/>
    public override string What => $"first write to {Partition} after the healing";
}

/// <summary>All nodes are ready after all faults were healed.</summary>
internal sealed record ReadinessOperation : Operation
{
    /// <inheritdoc/>
    public override string What => "all nodes are ready after the healing";
}

/// <summary>A fault: from the moment it was done to the moment it was healed.</summary>
/// <param name="Fault">Its name, e.g. <c>kill-leader</c>.</param>
/// <param name="Target">What it hit, for people.</param>
/// <param name="Affected">Partitions that were led by what it hit.</param>
internal sealed record FaultOperation(string Fault, string Target, ImmutableArray<NamedPartition> Affected) : Operation
{
    /// <inheritdoc/>
    public override string What => $"{Fault} {Target}";
}
