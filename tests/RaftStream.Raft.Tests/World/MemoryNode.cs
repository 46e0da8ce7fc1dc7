using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Tests.World;

/// <summary>A node with its disk: carries effects out, applies what is committed, and remembers what it was told.</summary>
internal sealed class MemoryNode
{
    private readonly MemoryCluster _cluster;
    private readonly RaftStart _start;
    private readonly Prng _prng;
    private readonly Queue<RaftEvent> _events = new();
    private Offset _flushing;

    public MemoryNode(MemoryCluster cluster, RaftStart start, MemoryDisk disk, Prng prng)
    {
        _cluster = cluster;
        _start = start;
        _prng = prng;
        Disk = disk;
        var effects = new List<RaftEffect>();
        Raft = new RaftNode(start with { State = disk.State, Log = disk.Recover() }, prng.Fork(), cluster.NowMs, effects);
        CarryOut(effects);
        Drain();
    }

    public RaftNode Raft { get; private set; }
    public MemoryDisk Disk { get; }
    public NodeId Id => _start.Local.Id;
    public ReplicaKey Key => _start.Local;
    public RaftEndpoint? Endpoint => _start.Endpoint;
    public RaftView View => Raft.View;
    public bool HoldsFlushes { get; set; }
    public bool IsFlushing { get; private set; }
    public Offset Applied { get; private set; }
    public List<RaftEffect> Told { get; } = [];
    public Dictionary<long, RaftResponse> Replies { get; } = [];

    public IEnumerable<T> All<T>()
        where T : RaftEffect => Told.OfType<T>();

    /// <summary>The same disk, a new incarnation.</summary>
    public MemoryNode Restarted() => new(_cluster, _start, Disk, _prng.Fork());

    public void Step(RaftEvent happened)
    {
        _events.Enqueue(happened);
        Drain();
    }

    public void FinishFlush()
    {
        Assert.True(IsFlushing);
        IsFlushing = false;
        Disk.DurableEnd = Offset.Max(Disk.DurableEnd, Offset.Min(_flushing, Disk.End));
        Step(new RaftEvent.LogFlushed(_flushing));
    }

    public void TakeSnapshot()
    {
        Offset end = Applied;
        var id = new SnapshotId(end, Raft.EpochAt(new Offset(end.Value - 1)));
        Disk.AddSnapshot(id, Raft.VotersAt(end));
        Step(new RaftEvent.SnapshotCreated(id));
        Step(new RaftEvent.LogStartAdvanced(Disk.DeleteOld()));
    }

    private void Drain()
    {
        while (_events.TryDequeue(out RaftEvent? happened))
        {
            var effects = new List<RaftEffect>();
            Raft.Step(happened, _cluster.NowMs, effects);
            CarryOut(effects);
        }
    }

    private void CarryOut(List<RaftEffect> effects)
    {
        foreach (RaftEffect effect in effects)
        {
            Told.Add(effect);
            switch (effect)
            {
                case RaftEffect.PersistQuorumState(QuorumState state):
                    Disk.State = state;
                    break;
                case RaftEffect.AppendLog(ImmutableArray<LogBatch> batches):
                    Disk.Append(batches);
                    break;
                case RaftEffect.FlushLog:
                    Assert.False(IsFlushing);
                    IsFlushing = true;
                    _flushing = Disk.End;
                    _cluster.Flushes(this);
                    break;
                case RaftEffect.TruncateLog(Offset target):
                    Disk.Truncate(target);
                    break;
                case RaftEffect.ResetLog(SnapshotId id):
                    Disk.Reset(id);
                    break;
                case RaftEffect.Send send:
                    _cluster.Send(this, send);
                    break;
                case RaftEffect.Reply(long token, RaftResponse response):
                    Reply(token, Filled(response));
                    break;
                case RaftEffect.Commit(Offset end):
                    Applied = end;
                    _events.Enqueue(new RaftEvent.Applied(end));
                    break;
                case RaftEffect.LoadSnapshot(SnapshotId id):
                    Applied = id.EndOffset;
                    _events.Enqueue(new RaftEvent.Applied(id.EndOffset));
                    break;
                case RaftEffect.FinishSnapshot(SnapshotId id):
                    VoterSet voters = _cluster.AnyWith(id).VotersOf(id);
                    Disk.AddSnapshot(id, voters);
                    _events.Enqueue(new RaftEvent.SnapshotFetched(id, voters));
                    break;
            }
        }
    }

    private void Reply(long token, RaftResponse response)
    {
        if (!_cluster.Reply(token, response))
        {
            Replies[token] = response;
        }
    }

    private RaftResponse Filled(RaftResponse response) => response switch
    {
        RaftResponse.Fetch { ReadFrom: { } from } fetch => fetch with { Batches = Disk.Read(from) },
        RaftResponse.FetchSnapshot { Error: ErrorCode.None } chunk => chunk with { Size = 3, Bytes = new byte[] { 1 } },
        _ => response,
    };
}
