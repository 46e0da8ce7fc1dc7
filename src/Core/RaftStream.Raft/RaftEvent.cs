using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft;

/// <summary>Everything that can happen to a node (C-1.1).</summary>
public abstract record RaftEvent
{
    private RaftEvent()
    {
    }

    /// <summary>The deadline that the node named has come, or passed.</summary>
    public sealed record TimePassed : RaftEvent;

    /// <summary>A peer or a tool asks; the answer is an effect with the same token.</summary>
    public sealed record RequestArrived(long Token, RaftRequest Request) : RaftEvent;

    /// <summary>The asker of <paramref name="Token"/> is gone: nobody waits for the answer.</summary>
    public sealed record RequestAbandoned(long Token) : RaftEvent;

    /// <summary>An answer to a <see cref="RaftEffect.Send"/>; an unknown or old correlation id is dropped (C-1.5).</summary>
    public sealed record ResponseArrived(long CorrelationId, RaftResponse Response) : RaftEvent;

    /// <summary>A request of ours could not be delivered, or its answer was unreadable.</summary>
    public sealed record RequestFailed(long CorrelationId) : RaftEvent;

    /// <summary>A hint: the connection to this node was closed or refused (C-6.1).</summary>
    public sealed record ConnectionLost(NodeId Node) : RaftEvent;

    /// <summary>Answers <see cref="RaftEffect.FlushLog"/>: everything below <paramref name="End"/> is durable.</summary>
    public sealed record LogFlushed(Offset End) : RaftEvent;

    /// <summary>The controller wants records appended as one batch (C-8.3); answered by <see cref="RaftEffect.AppendCompleted"/>.</summary>
    /// <param name="Id">Names the request.</param>
    /// <param name="Epoch">The epoch that the controller believes it leads.</param>
    /// <param name="RecordCount">Records in the batch.</param>
    /// <param name="Bytes">The encoded batch, base offset and epoch still to be patched.</param>
    public sealed record AppendRequested(long Id, LeaderEpoch Epoch, int RecordCount, ReadOnlyMemory<byte> Bytes) : RaftEvent;

    /// <summary>A linearizable read wants to begin (C-8.5); answered by <see cref="RaftEffect.BarrierCompleted"/>.</summary>
    public sealed record BarrierRequested(long Id) : RaftEvent;

    /// <summary>The state machine has applied everything below <paramref name="End"/>.</summary>
    public sealed record Applied(Offset End) : RaftEvent;

    /// <summary>A snapshot of the own state machine is durable (C-10.1).</summary>
    public sealed record SnapshotCreated(SnapshotId Id) : RaftEvent;

    /// <summary>Answers <see cref="RaftEffect.FinishSnapshot"/>: it is verified and durable.</summary>
    public sealed record SnapshotFetched(SnapshotId Id, VoterSet Voters) : RaftEvent;

    /// <summary>Answers <see cref="RaftEffect.FinishSnapshot"/>: it was damaged and is dropped.</summary>
    public sealed record SnapshotRejected(SnapshotId Id) : RaftEvent;

    /// <summary>Old snapshots and the log below <paramref name="Oldest"/> are gone (C-10.3).</summary>
    public sealed record LogStartAdvanced(SnapshotId Oldest) : RaftEvent;

    /// <summary>The node is to stop in good order (C-8.7); <see cref="RaftEffect.ShutdownCompleted"/> follows.</summary>
    public sealed record ShutdownRequested : RaftEvent;

    /// <summary>The state machine cannot go on as leader: give the reign back.</summary>
    public sealed record ResignRequested(LeaderEpoch Epoch) : RaftEvent;
}
