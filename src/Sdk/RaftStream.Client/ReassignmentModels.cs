namespace RaftStream.Client;

/// <summary>A partition and the brokers that are to hold it.</summary>
/// <param name="Replicas">Node ids, the preferred leader first.</param>
public sealed record PartitionMove(NamedPartition Partition, IReadOnlyList<int> Replicas);

/// <summary>A move that was computed.</summary>
/// <param name="Current">Node ids now, or of what is under way.</param>
/// <param name="Target">Node ids then, the preferred leader first.</param>
public sealed record PlannedMove(NamedPartition Partition, IReadOnlyList<int> Current, IReadOnlyList<int> Target);

/// <summary>A partition that is being moved.</summary>
/// <param name="Replicas">Node ids of all for now: those to be, then those to go.</param>
/// <param name="Adding">Those that still come.</param>
/// <param name="Removing">Those that go when the others are in sync.</param>
/// <param name="Isr">Those that are caught up.</param>
/// <param name="Leader">Node id; -1 is none.</param>
public sealed record ReassignmentDescription(
    NamedPartition Partition,
    IReadOnlyList<int> Replicas,
    IReadOnlyList<int> Adding,
    IReadOnlyList<int> Removing,
    IReadOnlyList<int> Isr,
    int Leader);

/// <summary>Where partitions should go: brokers to add and remove, or all that are to be used.</summary>
public sealed record ReassignmentWish
{
    /// <summary>Node ids of brokers that are to get their share.</summary>
    public IReadOnlyList<int> AddBrokers { get; init; } = [];

    /// <summary>Node ids of brokers that are to hold nothing any more.</summary>
    public IReadOnlyList<int> RemoveBrokers { get; init; } = [];

    /// <summary>Instead of both: node ids of the brokers that are to hold everything, evenly.</summary>
    public IReadOnlyList<int> Brokers { get; init; } = [];

    /// <summary>Topics to look at; none is all.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];
}

/// <summary>What became of one partition in a request for many.</summary>
/// <param name="Error">Null is success.</param>
public sealed record PartitionOutcome(NamedPartition Partition, RaftStreamException? Error)
{
    /// <summary>Throws the error, if there is one.</summary>
    /// <exception cref="RaftStreamException">The partition's failure.</exception>
    public PartitionOutcome ThrowIfFailed() => Error is null ? this : throw Error;
}
