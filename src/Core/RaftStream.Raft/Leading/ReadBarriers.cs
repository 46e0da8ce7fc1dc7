using RaftStream.Model;

namespace RaftStream.Raft.Leading;

/// <summary>Linearizable reads (C-8.5): a majority must have fetched after the read was asked for, which the echoed number proves (P13).</summary>
internal sealed class ReadBarriers(Replica node, ReplicaTable replicas)
{
    private readonly Queue<(long Id, long Seq, Offset Index)> _waiting = new();

    /// <summary>The last number given out; 0 is none.</summary>
    public long Seq { get; private set; }

    /// <summary>True when a replica that echoes so much is to be answered at once.</summary>
    public bool WaitsFor(long echo) => _waiting.Count > 0 && echo < Seq;

    public void Add(long id, Offset highWatermark) => _waiting.Enqueue((id, ++Seq, highWatermark));

    /// <summary>Lets those reads go that are proven and whose state is applied.</summary>
    public void Complete()
    {
        while (_waiting.TryPeek(out (long Id, long Seq, Offset Index) first) && IsDone(first.Seq, first.Index))
        {
            _waiting.Dequeue();
            node.Effects.Add(new RaftEffect.BarrierCompleted(first.Id, ErrorCode.None));
        }
    }

    public void Fail()
    {
        while (_waiting.TryDequeue(out (long Id, long Seq, Offset Index) first))
        {
            node.Effects.Add(new RaftEffect.BarrierCompleted(first.Id, ErrorCode.NotLeaderOrFollower));
        }
    }

    private bool IsDone(long seq, Offset index) =>
        node.Applied >= index
        && (replicas.IsMajority(peer => peer.BarrierEcho >= seq) || node.Broke(RaftSabotage.BarrierWithoutEcho));
}
