using System.Buffers;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
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
    Lead,
    Resign,
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

    /// <summary>Append.</summary>
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

    /// <summary>Lead: the metadata to act on.</summary>
    public PartitionState? State { get; init; }

    /// <summary>Resign: what those that wait are told.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>Resign: set when it has been processed; null when nobody waits for that.</summary>
    public ManualResetEventSlim? Done { get; init; }
}
