using RaftStream.Client;

namespace RaftStream.Chaos.Histories;

/// <summary>Everything that happened, sorted for the checks.</summary>
internal sealed class History
{
    public History(IEnumerable<Operation> operations, bool isIdempotent = false)
    {
        IsIdempotent = isIdempotent;
        All = [.. operations.OrderBy(operation => operation.Invoked)];
        Sends = Of<SendOperation>();
        Polls = Of<PollOperation>();
        Faults = Of<FaultOperation>();
        SendsOf = Sends.ToLookup(send => send.Partition);
        PollsOf = Polls.ToLookup(poll => poll.Partition);
        Partitions = [.. Sends.Select(send => send.Partition).Concat(Polls.Select(poll => poll.Partition)).Distinct().Order()];
    }

    /// <summary>Wall clock at time 0.</summary>
    public DateTimeOffset Began { get; init; }

    /// <summary>The longest that a partition may take no writes when its leader is killed (L-13); null when nothing was promised.</summary>
    public TimeSpan? LongestFailover { get; init; }

    /// <summary>The run was to show what a fault does; without one it shows nothing.</summary>
    public bool NeedsFault { get; init; }

    /// <summary>By the time of the call.</summary>
    public IReadOnlyList<Operation> All { get; }

    /// <summary>Who sends again is idempotent (G-3.7): brokers know the batches that they have. Others send each value once.</summary>
    public bool IsIdempotent { get; }

    public IReadOnlyList<SendOperation> Sends { get; }

    public IReadOnlyList<PollOperation> Polls { get; }

    public IReadOnlyList<FaultOperation> Faults { get; }

    /// <summary>Partitions that were written or read.</summary>
    public IReadOnlyList<NamedPartition> Partitions { get; }

    public ILookup<NamedPartition, SendOperation> SendsOf { get; }

    public ILookup<NamedPartition, PollOperation> PollsOf { get; }

    /// <summary>Operations of one kind, by the time of the call.</summary>
    public IReadOnlyList<T> Of<T>()
        where T : Operation => [.. All.OfType<T>()];

    /// <summary>Writes that were acknowledged.</summary>
    public IEnumerable<SendOperation> AckedOf(NamedPartition partition) => SendsOf[partition].Where(send => send.Outcome == Outcome.Ok);

    /// <summary>The readings of the whole partition after the healing, one for each reader.</summary>
    public IReadOnlyList<FinalRead> FinalReadsOf(NamedPartition partition) =>
        [.. PollsOf[partition].Where(poll => poll.IsFinal).GroupBy(poll => poll.Process).Select(reader => new FinalRead(reader.Key, reader))];
}
