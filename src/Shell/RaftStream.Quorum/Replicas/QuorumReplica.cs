using System.Collections.Immutable;
using System.Diagnostics;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Quorum.Replicas;

/// <summary>One replica of the metadata quorum, whole: the node of <c>RaftStream.Raft</c>, its disk, and the controller on top (C-14).</summary>
/// <remarks>
/// One owner; not thread-safe; no clock, thread or socket of its own, so that the simulator runs the same class as the
/// server. A step that throws is the last one: the process stops (C-1.4).
/// </remarks>
public sealed class QuorumReplica : IDisposable
{
    private readonly IQuorumHost _host;
    private readonly Queue<RaftEvent> _events = new();
    private readonly ControllerLink _controller;
    private readonly ReplicaUpkeep _upkeep;
    private readonly Action<RaftEffect>? _observer;
    private long _nowMs;
    private long _wallMs;

    /// <summary>Starts the node from what its disk holds, and carries out what it asks for.</summary>
    /// <param name="nowMs">Monotonic clock, milliseconds.</param>
    /// <param name="wallMs">Wall clock, milliseconds since 1970; only written into records (C-1.2).</param>
    public QuorumReplica(QuorumReplicaParts parts, long nowMs, long wallMs)
    {
        ArgumentNullException.ThrowIfNull(parts);
        (_nowMs, _wallMs) = (nowMs, wallMs);
        _host = parts.Host;
        _observer = parts.Observer;
        Store = parts.Store;
        _controller = new ControllerLink(new Controller(parts.Controller), Store, _host, _events.Enqueue);
        var effects = new List<RaftEffect>();
        Node = new RaftNode(parts.Start, parts.Prng, nowMs, effects);
        _upkeep = new ReplicaUpkeep(parts.Upkeep, Node, Store, Controller, nowMs);
        CarryOut(effects);
        Drain();
    }

    /// <summary>The node; stepped by this class only.</summary>
    public RaftNode Node { get; }

    /// <summary>The controller; stepped by this class only.</summary>
    public Controller Controller => _controller.Controller;

    /// <summary>The disk.</summary>
    public QuorumStore Store { get; }

    /// <summary>When to call <see cref="TimePassed"/>.</summary>
    public long NextDeadlineMs => Math.Min(Math.Min(Node.NextDeadlineMs, Controller.NextDeadlineMs), _upkeep.NextDeadlineMs);

    /// <summary>Something happened to the node.</summary>
    public void Step(RaftEvent happened, long nowMs, long wallMs)
    {
        SetClocks(nowMs, wallMs);
        _events.Enqueue(happened);
        Drain();
    }

    /// <summary>Somebody asks the controller; answered through the host.</summary>
    public void Submit(long id, ControllerOperation operation, long nowMs, long wallMs)
    {
        SetClocks(nowMs, wallMs);
        _controller.Step(new ControllerEvent.Submitted(id, operation), _nowMs, _wallMs);
        Drain();
    }

    /// <summary>The connection of a broker's heartbeats closed .</summary>
    public void BrokerDisconnected(NodeId broker, long nowMs, long wallMs)
    {
        SetClocks(nowMs, wallMs);
        _controller.Step(new ControllerEvent.BrokerDisconnected(broker), _nowMs, _wallMs);
        Drain();
    }

    /// <summary>The next deadline has come.</summary>
    public void TimePassed(long nowMs, long wallMs)
    {
        SetClocks(nowMs, wallMs);
        if (nowMs >= Controller.NextDeadlineMs)
        {
            _controller.Step(new ControllerEvent.TimePassed(), _nowMs, _wallMs);
        }

        _events.Enqueue(new RaftEvent.TimePassed());
        Drain();
    }

    /// <summary>Ends in good order; everything is durable then. The node must not lead any more.</summary>
    public void CloseCleanly() => Store.CloseCleanly();

    /// <summary>Lets go as a crash would.</summary>
    public void Dispose() => Store.Dispose();

    private void SetClocks(long nowMs, long wallMs)
    {
        _nowMs = Math.Max(_nowMs, nowMs);
        _wallMs = wallMs;
    }

    private void Drain()
    {
        do
        {
            while (_events.TryDequeue(out RaftEvent? happened))
            {
                var effects = new List<RaftEffect>();
                Node.Step(happened, _nowMs, effects);
                CarryOut(effects);
            }

            _upkeep.Run(_nowMs, _wallMs, _events.Enqueue);
        }
        while (_events.Count > 0);
    }

    private void CarryOut(List<RaftEffect> effects)
    {
        foreach (RaftEffect effect in effects)
        {
            bool isDone = ToDisk(effect);
            _observer?.Invoke(effect);
            if (!isDone && !ToController(effect))
            {
                ToHost(effect);
            }
        }
    }

    private bool ToDisk(RaftEffect effect)
    {
        switch (effect)
        {
            case RaftEffect.PersistQuorumState(QuorumState state):
                Store.Persist(state);
                break;
            case RaftEffect.AppendLog(ImmutableArray<LogBatch> batches):
                Store.Append(batches, _wallMs);
                break;
            case RaftEffect.TruncateLog(Offset target):
                Store.Truncate(target);
                break;
            case RaftEffect.ResetLog(SnapshotId id):
                Store.Reset(id);
                break;
            case RaftEffect.StoreSnapshotChunk(SnapshotId id, long position, ReadOnlyMemory<byte> bytes):
                Store.StoreChunk(id, position, bytes);
                break;
            case RaftEffect.AbandonSnapshot(SnapshotId id):
                Store.AbandonSnapshot(id);
                break;
            case RaftEffect.FinishSnapshot(SnapshotId id):
                _events.Enqueue(Store.FinishSnapshot(id) is { } voters
                    ? new RaftEvent.SnapshotFetched(id, voters)
                    : new RaftEvent.SnapshotRejected(id));
                break;
            default:
                return false;
        }

        return true;
    }

    private bool ToController(RaftEffect effect)
    {
        switch (effect)
        {
            case RaftEffect.Commit(Offset highWatermark):
                _controller.Deliver(highWatermark, _nowMs, _wallMs);
                break;
            case RaftEffect.LoadSnapshot(SnapshotId id):
                _controller.Load(id, _nowMs, _wallMs);
                break;
            case RaftEffect.LeadershipGained(LeaderEpoch epoch):
                _controller.Step(new ControllerEvent.LeadershipGained(epoch), _nowMs, _wallMs);
                break;
            case RaftEffect.LeadershipLost:
                _controller.Lost(_nowMs, _wallMs);
                break;
            case RaftEffect.AppendAccepted(long id, Offset baseOffset):
                _controller.Step(new ControllerEvent.AppendAccepted(id, baseOffset.Value), _nowMs, _wallMs);
                break;
            case RaftEffect.AppendCompleted(long id, ErrorCode error, _):
                if (error != ErrorCode.None)
                {
                    // One that was accepted fails with the reign; one that was not is refused.
                    _controller.Step(new ControllerEvent.AppendRefused(id), _nowMs, _wallMs);
                }

                break;
            case RaftEffect.BarrierCompleted(long id, ErrorCode error):
                _controller.Step(new ControllerEvent.BarrierCompleted(id, error == ErrorCode.None), _nowMs, _wallMs);
                break;
            default:
                return false;
        }

        return true;
    }

    private void ToHost(RaftEffect effect)
    {
        switch (effect)
        {
            case RaftEffect.Send(long id, NodeId node, RaftEndpoint endpoint, RaftRequest request):
                _host.Send(id, node, endpoint, request);
                break;
            case RaftEffect.Reply(long token, RaftResponse response):
                Reply(token, response);
                break;
            case RaftEffect.FlushLog:
                _host.StartFlush();
                break;
            case RaftEffect.LeaderChanged(NodeId leader, LeaderEpoch epoch, var endpoint):
                _host.LeaderChanged(leader, epoch, endpoint);
                break;
            case RaftEffect.VotersChanged(VoterSet voters):
                _host.VotersChanged(voters);
                break;
            case RaftEffect.Transition transition:
                _host.Transition(transition);
                break;
            case RaftEffect.ShutdownCompleted:
                _host.ShutdownCompleted();
                break;
            default:
                throw new UnreachableException(effect.GetType().Name);
        }
    }

    /// <summary>Fills in the bytes that the node only named.</summary>
    private void Reply(long token, RaftResponse response)
    {
        ReadOnlyMemory<byte> bytes = default;
        if (response is RaftResponse.Fetch { ReadFrom: { } from } fetch)
        {
            bytes = Store.Read(from, Store.LogEnd, fetch.ReadMaxBytes);
        }
        else if (response is RaftResponse.FetchSnapshot { Error: ErrorCode.None } chunk)
        {
            response = Store.ReadChunk(chunk.Snapshot, chunk.Position, chunk.ReadMaxBytes) switch
            {
                null => chunk with { Error = ErrorCode.SnapshotNotFound },
                { Bytes.IsEmpty: true } => chunk with { Error = ErrorCode.PositionOutOfRange },
                { } found => chunk with { Bytes = found.Bytes, Size = found.Size },
            };
        }

        _host.Reply(token, response, bytes);
    }
}
