using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft;

/// <summary>What a node asks the shell to do, carried out in order; a barrier is durable before the next effect is looked at (C-1.3).</summary>
public abstract record RaftEffect
{
    private RaftEffect()
    {
    }

    /// <summary>Barrier: replace the quorum state (C-3).</summary>
    public sealed record PersistQuorumState(QuorumState State) : RaftEffect;

    /// <summary>Append at the log end; not durable yet.</summary>
    public sealed record AppendLog(ImmutableArray<LogBatch> Batches) : RaftEffect;

    /// <summary>Flush what was appended before, beside everything else; <see cref="RaftEvent.LogFlushed"/> follows. Never two at once.</summary>
    public sealed record FlushLog : RaftEffect;

    /// <summary>Barrier: cut the log to <paramref name="Target"/> (C-4.7).</summary>
    public sealed record TruncateLog(Offset Target) : RaftEffect;

    /// <summary>Barrier: the log starts anew, empty, at the snapshot's end (C-10.4).</summary>
    public sealed record ResetLog(SnapshotId Snapshot) : RaftEffect;

    /// <summary>Send a request; the answer or its failure comes back with the same correlation id.</summary>
    /// <param name="CorrelationId">Never used twice by one incarnation.</param>
    /// <param name="Node">Whom it is for; <see cref="NodeId.None"/> for a bootstrap server.</param>
    /// <param name="Endpoint">Where to send it.</param>
    /// <param name="Request">What.</param>
    public sealed record Send(long CorrelationId, NodeId Node, RaftEndpoint Endpoint, RaftRequest Request) : RaftEffect;

    /// <summary>Answer a request; fetch answers say what to read (<see cref="RaftResponse.Fetch"/>).</summary>
    public sealed record Reply(long Token, RaftResponse Response) : RaftEffect;

    /// <summary>An append is committed, or its outcome is unknown (NOT_LEADER_OR_FOLLOWER): it may still commit (P32).</summary>
    /// <param name="EndOffset">Exclusive end of the batch when committed.</param>
    public sealed record AppendCompleted(long Id, ErrorCode Error, Offset EndOffset) : RaftEffect;

    /// <summary>An append was taken: where it went. Before it is committed; not sent for one that is refused.</summary>
    public sealed record AppendAccepted(long Id, Offset BaseOffset) : RaftEffect;

    /// <summary>A read may be answered from the state as applied now, or is refused.</summary>
    public sealed record BarrierCompleted(long Id, ErrorCode Error) : RaftEffect;

    /// <summary>Committed batches below <paramref name="HighWatermark"/> may be applied (C-9.1); it never falls.</summary>
    public sealed record Commit(Offset HighWatermark) : RaftEffect;

    /// <summary>The state machine starts over from this snapshot (C-9.1).</summary>
    public sealed record LoadSnapshot(SnapshotId Id) : RaftEffect;

    /// <summary>This node leads, and its state machine has applied everything before its reign (C-8.4).</summary>
    public sealed record LeadershipGained(LeaderEpoch Epoch) : RaftEffect;

    /// <summary>The reign is over; follows each gained one exactly once.</summary>
    public sealed record LeadershipLost(LeaderEpoch Epoch) : RaftEffect;

    /// <summary>Somebody leads, or nobody is known to.</summary>
    public sealed record LeaderChanged(NodeId LeaderId, LeaderEpoch Epoch, RaftEndpoint? Endpoint) : RaftEffect;

    /// <summary>Another voter set is in force.</summary>
    public sealed record VotersChanged(VoterSet Voters) : RaftEffect;

    /// <summary>Write a chunk to the partial snapshot (C-10.4); position 0 begins anew.</summary>
    public sealed record StoreSnapshotChunk(SnapshotId Id, long Position, ReadOnlyMemory<byte> Bytes) : RaftEffect;

    /// <summary>The partial snapshot is whole: verify it, make it durable, and say so by an event.</summary>
    public sealed record FinishSnapshot(SnapshotId Id) : RaftEffect;

    /// <summary>Drop the partial snapshot.</summary>
    public sealed record AbandonSnapshot(SnapshotId Id) : RaftEffect;

    /// <summary>For the log and the metrics: a role was left for another.</summary>
    public sealed record Transition(string From, string To, LeaderEpoch Epoch, string Reason) : RaftEffect;

    /// <summary>The node has handed over, or waited long enough: the process may stop (C-8.7).</summary>
    public sealed record ShutdownCompleted : RaftEffect;
}
