using RaftStream.Model;

namespace RaftStream.Broker.Admin;

/// <summary>One partition's log on this node.</summary>
public sealed record DescribedLog
{
    /// <summary>Topic name.</summary>
    public required string Topic { get; init; }

    /// <summary>Topic incarnation.</summary>
    public required TopicId TopicId { get; init; }

    /// <summary>Number within the topic.</summary>
    public required int Partition { get; init; }

    /// <summary>Bytes of all segments.</summary>
    public required long SizeInBytes { get; init; }

    /// <summary>Number of segments.</summary>
    public required int Segments { get; init; }

    /// <summary>First kept offset.</summary>
    public required Offset LogStartOffset { get; init; }

    /// <summary>Exclusive end.</summary>
    public required Offset LogEndOffset { get; init; }

    /// <summary>Exclusive end of what consumers may read.</summary>
    public required Offset HighWatermark { get; init; }

    /// <summary>Exclusive end of what is flushed.</summary>
    public required Offset DurableEnd { get; init; }
}
