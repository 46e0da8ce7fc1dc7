using System.Buffers;
using System.Collections.Immutable;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Replicas;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;

namespace RaftStream.Broker.Partitions;

internal enum PartitionEventKind
{
    Append,
    LogChanged,
    RollIfDue,
    Park,
    Cancel,
    TimePassed,
    Assign,
    Resign,
    FollowerFetch,
    FollowerGone,
    ProposalAnswered,
    BrokersChanged,
    LinkChanged,
    Answered,
    RetryDue,
    Damaged,
    AwaitStart,
    ExpireProducers,
    DescribeProducers,
}

/// <summary>What a partition calls a produce request.</summary>
internal readonly record struct ProduceTag(IProduceSink Sink, ulong RequestId, long LogAppendTimeMs);

/// <summary>A produce request on its way into a partition.</summary>
/// <param name="Batch">Borrowed until the ticket completes.</param>
internal readonly record struct AppendRequest(
    ReadOnlySequence<byte> Batch,
    RecordBatchHeader Header,
    RequiredAcks Acks,
    ProduceTag Tag,
    long DeadlineMs,
    AppendTicket Ticket);

/// <summary>One event of a partition: a struct with the fields of its kind.</summary>
internal readonly record struct PartitionEvent
{
    public required PartitionEventKind Kind { get; init; }

    /// <summary>Append. AwaitStart: who waits, and until when.</summary>
    public AppendRequest Append { get; init; }

    /// <summary>Park and Cancel.</summary>
    public FetchTag Fetch { get; init; }

    /// <summary>Park: where it wants to read.</summary>
    public Offset Offset { get; init; }

    /// <summary>Park: the high watermark that it saw.</summary>
    public Offset Seen { get; init; }

    /// <summary>Park: bytes that it waits for.</summary>
    public long MissingBytes { get; init; }

    /// <summary>Park: when to wake it in any case, on the monotonic clock.</summary>
    public long DeadlineMs { get; init; }

    /// <summary>Assign: the metadata to act on. ProposalAnswered: what the controller made of it, or null.</summary>
    public PartitionState? State { get; init; }

    /// <summary>Assign and BrokersChanged: the brokers of the replicas.</summary>
    public ImmutableArray<ReplicaStatus> Brokers { get; init; }

    /// <summary>Assign: the way to the leader, when another node leads. LinkChanged: whose connection.</summary>
    public IReplicaLink? Link { get; init; }

    /// <summary>LinkChanged: true when it has come.</summary>
    public bool IsConnected { get; init; }

    /// <summary>FollowerFetch and FollowerGone: from a follower; <see cref="Fetch"/> names it.</summary>
    public FollowerFetch Follower { get; init; }

    /// <summary>Answered: by the leader.</summary>
    public FetchAnswer Answer { get; init; }

    /// <summary>Answered: borrowed until the ticket completes.</summary>
    public ReadOnlySequence<byte> Batches { get; init; }

    /// <summary>Answered: says when the batches are free again.</summary>
    public AppendTicket? Ticket { get; init; }

    /// <summary>ProposalAnswered: what was proposed.</summary>
    public IsrChange? Change { get; init; }

    /// <summary>Resign: what those that wait are told. ProposalAnswered: the outcome.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>Damaged: what a read has found.</summary>
    public string? Reason { get; init; }

    /// <summary>DescribeProducers: who asks.</summary>
    public TaskCompletionSource<DescribedProducers>? Asking { get; init; }

    /// <summary>Resign: set when it has been processed; null when nobody waits for that.</summary>
    public ManualResetEventSlim? Done { get; init; }
}
