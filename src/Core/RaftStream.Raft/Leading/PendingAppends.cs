using RaftStream.Model;

namespace RaftStream.Raft.Leading;

/// <summary>Appends of this reign that are not committed yet, in order (C-8.3).</summary>
internal sealed class PendingAppends(Replica node)
{
    private readonly Queue<(long Id, Offset End)> _waiting = new();

    public void Add(long id, Offset end) => _waiting.Enqueue((id, end));

    /// <summary>Answers those that lie below the high watermark.</summary>
    public void Complete(Offset highWatermark)
    {
        while (_waiting.TryPeek(out (long Id, Offset End) first) && first.End <= highWatermark)
        {
            _waiting.Dequeue();
            node.Effects.Add(new RaftEffect.AppendCompleted(first.Id, ErrorCode.None, first.End));
        }
    }

    /// <summary>The reign is over: what becomes of them is unknown here (P32).</summary>
    public void Fail()
    {
        while (_waiting.TryDequeue(out (long Id, Offset End) first))
        {
            node.Effects.Add(new RaftEffect.AppendCompleted(first.Id, ErrorCode.NotLeaderOrFollower, first.End));
        }
    }
}
