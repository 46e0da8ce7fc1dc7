using RaftStream.Model;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft;

/// <summary>A node that is to stop hands its reign over first (C-8.7).</summary>
internal sealed class GracefulStop(Replica node)
{
    private long _deadlineMs;
    private bool _isDone;

    public long DeadlineMs => node.IsStopping && !_isDone ? _deadlineMs : long.MaxValue;

    public void Begin()
    {
        if (node.IsStopping)
        {
            return;
        }

        node.IsStopping = true;
        _deadlineMs = node.NowMs + node.Options.ShutdownTimeoutMs;
        if (node.Role is Leader leader)
        {
            leader.Resign(NodeId.None, "the node stops");
        }
    }

    /// <summary>Done when somebody else leads, every voter knows, or there is nothing to hand over.</summary>
    public void Poll()
    {
        bool mustWait = node.Role is Resigned { IsKnown: false } && node.NowMs < _deadlineMs;
        if (node.IsStopping && !_isDone && !mustWait)
        {
            _isDone = true;
            node.Effects.Add(new RaftEffect.ShutdownCompleted());
        }
    }
}
