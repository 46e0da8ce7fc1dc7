using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft;

/// <summary>Names a snapshot (C-10.1): the state after everything below <paramref name="EndOffset"/>.</summary>
/// <param name="EndOffset">Exclusive.</param>
/// <param name="Epoch">Epoch of the batch that holds EndOffset - 1; 0 for the bootstrap snapshot 0-0.</param>
public readonly record struct SnapshotId(Offset EndOffset, LeaderEpoch Epoch)
{
    /// <summary>What format writes: voters, and nothing else. Never served to peers.</summary>
    public static readonly SnapshotId Bootstrap = new(Offset.Zero, new LeaderEpoch(0));

    /// <inheritdoc/>
    public override string ToString() => $"{EndOffset}-{Epoch}";
}

/// <summary>A control record: occupies an offset, is never handed to the controller (C-4.2).</summary>
public abstract record ControlRecord
{
    private ControlRecord()
    {
    }

    /// <summary>The first record of a reign.</summary>
    public sealed record LeaderChange(NodeId LeaderId, ImmutableArray<NodeId> VoterIds, ImmutableArray<NodeId> GrantingVoters) : ControlRecord;

    /// <summary>The voters from here on, committed or not (C-11.1).</summary>
    public sealed record Voters(VoterSet Set) : ControlRecord;

    /// <summary>Level of the quorum's own protocol.</summary>
    public sealed record KVersion(int Level) : ControlRecord;
}

/// <summary>One batch of the metadata log as the node sees it; its bytes are the shell's.</summary>
/// <remarks>
/// A batch that came from a peer has passed its crc in the shell, which stops at the first that has not (C-4.8). A data batch
/// that the leader appends has <see cref="Bytes"/> as the proposer gave them, with base offset and epoch still to be patched in;
/// a control batch that the leader appends has no bytes yet: the shell encodes <see cref="Control"/>.
/// </remarks>
public sealed record LogBatch
{
    /// <summary>Offset of the first record.</summary>
    public required Offset BaseOffset { get; init; }

    /// <summary>Offset behind the last record (exclusive).</summary>
    public required Offset EndOffset { get; init; }

    /// <summary>The one epoch of all its records (C-4.1).</summary>
    public required LeaderEpoch Epoch { get; init; }

    /// <summary>Control records; empty for a data batch.</summary>
    public ImmutableArray<ControlRecord> Control { get; init; } = [];

    /// <summary>The encoded batch; see remarks.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }
}

/// <summary>First offset of an epoch in a log (C-4.4).</summary>
public readonly record struct EpochStart(LeaderEpoch Epoch, Offset Start);

/// <summary>Voters in force from the batch at <paramref name="Offset"/> on.</summary>
public readonly record struct VotersAt(Offset Offset, VoterSet Set);

/// <summary>The log as recovery found it (C-13.1).</summary>
public sealed record RecoveredLog
{
    /// <summary>First offset kept.</summary>
    public required Offset LogStart { get; init; }

    /// <summary>Offset that the next record gets.</summary>
    public required Offset LogEnd { get; init; }

    /// <summary>Epochs with their starts, growing strictly in both.</summary>
    public required ImmutableArray<EpochStart> Epochs { get; init; }

    /// <summary>Verified snapshots, oldest first; the bootstrap snapshot included while it exists.</summary>
    public required ImmutableArray<SnapshotId> Snapshots { get; init; }

    /// <summary>Voters in the newest snapshot and in every Voters record of the log, in order of offsets (a snapshot's at its end offset).</summary>
    public required ImmutableArray<VotersAt> Voters { get; init; }
}
