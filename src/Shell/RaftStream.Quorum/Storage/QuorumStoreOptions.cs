using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Quorum.Storage;

/// <summary>How a quorum folder is opened.</summary>
public sealed record QuorumStoreOptions
{
    /// <summary>False for a replica that can never vote: it may adopt the epoch of its log (C-3.1).</summary>
    public bool CanBecomeVoter { get; init; } = true;

    /// <summary>The cluster that the folder must belong to (C-2.2); null takes any.</summary>
    public Guid? ClusterId { get; init; }

    /// <summary>The node that the folder must belong to (C-2.2); null takes any.</summary>
    public NodeId? NodeId { get; init; }

    /// <summary>Bytes after which a segment of the log is closed.</summary>
    public int SegmentBytes { get; init; } = 16 << 20;

    /// <summary>Rules that a test switches off.</summary>
    internal QuorumSabotage Sabotage { get; init; }

    /// <summary>Rules of the log engine that a test switches off.</summary>
    internal Sabotage LogSabotage { get; init; }

    /// <summary>Nothing expires by time or size: only a snapshot moves the log start (C-10.3).</summary>
    internal LogOptions LogOptions => new()
    {
        SegmentBytes = SegmentBytes,
        SegmentMs = 3650L * 24 * 3600 * 1000,
        RetentionMs = -1,
        RetentionBytes = -1,
        CheckpointBytes = 1,
    };
}
