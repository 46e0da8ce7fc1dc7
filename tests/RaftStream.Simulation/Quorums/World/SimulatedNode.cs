using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Replicas;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>One machine: its disk, its clocks, and the process on it, which runs the same <see cref="QuorumReplica"/> as the server.</summary>
public sealed class SimulatedNode : IQuorumHost
{
    private const string Folder = "/data/quorum";

    private readonly QuorumWorld _world;
    private readonly Prng _prng;
    private readonly Dictionary<long, Action<object?, OperationError?>> _callers = [];
    private readonly Dictionary<long, Action<RaftResponse>> _tools = [];
    private readonly List<Action> _whilePaused = [];
    private long _lastId;
    private long _timerVersion;
    private bool _isStopping;

    public SimulatedNode(QuorumWorld world, int id, bool canVote, Prng prng)
    {
        _world = world;
        _prng = prng;
        Id = id;
        CanVote = canVote;
        Clock = new SimulatedClock(world.Agenda, 900 + prng.Next(201));
        Disk = new SimulatedDisk(prng.NextUInt64());
        DirectoryId = prng.NextGuid();
    }

    /// <summary>Node id.</summary>
    public int Id { get; }

    /// <summary>False: a broker, which only follows.</summary>
    public bool CanVote { get; }

    /// <summary>Changes when the disk is replaced.</summary>
    public Guid DirectoryId { get; private set; }

    /// <summary>Who it is in the quorum.</summary>
    public ReplicaKey Key => new(new NodeId(Id), DirectoryId);

    /// <summary>Where it is reached.</summary>
    public RaftEndpoint Place => QuorumWorld.PlaceOf(Id);

    /// <summary>As told to the node: none for a broker.</summary>
    public RaftEndpoint? Endpoint => CanVote ? Place : null;

    public SimulatedDisk Disk { get; private set; }
    public SimulatedClock Clock { get; }

    /// <summary>The open store of the process; null while it is down.</summary>
    public QuorumStore? Store { get; private set; }

    /// <summary>The process; null while it is down.</summary>
    public QuorumReplica? Replica { get; private set; }

    public bool IsUp => Replica is not null;
    public bool IsPaused { get; private set; }

    /// <summary>Counts starts.</summary>
    public int Incarnation { get; private set; }

    /// <summary>Offset below which everything was durable when the process was last seen.</summary>
    public Offset LastDurableEnd { get; private set; }

    /// <summary>This replica lost durable data by a fault that is meant to be noticed: it must not start again (C-13.6).</summary>
    public string? Refused { get; private set; }

    /// <summary>Formats the disk (C-2.2).</summary>
    public void Format(VoterSet voters) =>
        QuorumStore.Format(Disk, Folder, new DirectoryIdentity(QuorumWorld.ClusterId, new NodeId(Id), DirectoryId), voters);

    /// <summary>Starts the process on what the disk holds (C-13).</summary>
    public void Start()
    {
        if (IsUp || Refused is not null)
        {
            return;
        }

        Incarnation++;
        _isStopping = false;
        IsPaused = false;
        Guarded(() =>
        {
            QuorumStore store = QuorumStore.Open(Disk, Folder, new QuorumStoreOptions
            {
                CanBecomeVoter = CanVote,
                ClusterId = QuorumWorld.ClusterId,
                NodeId = new NodeId(Id),
                SegmentBytes = _world.Options.SegmentBytes,
                Sabotage = _world.Options.StoreSabotage,
            });
            Store = store;
            _world.Checks.Started(this, store);
            var start = new RaftStart
            {
                ClusterId = QuorumWorld.ClusterId,
                Local = Key,
                Endpoint = Endpoint,
                BootstrapServers = [.. _world.Nodes.Where(node => node.CanVote).Take(3).Select(node => node.Place)],
                State = store.State,
                Log = store.Recovered,
                Options = _world.Options.Raft,
                Sabotage = _world.Options.Sabotage,
            };
            Replica = new QuorumReplica(
                new QuorumReplicaParts
                {
                    Start = start,
                    Store = store,
                    Controller = _world.Options.Controller,
                    Host = this,
                    Prng = _prng.Fork(),
                    Upkeep = _world.Options.Upkeep,
                    Observer = effect => _world.Checks.Carried(this, store, effect),
                },
                Clock.MonotonicMs,
                Clock.WallMs);
        });
        _world.Trace.Add(_world.Agenda.NowMs, $"{Id} started, incarnation {Incarnation}{(IsUp ? "" : ": " + (Refused ?? "died"))}");
    }

    /// <summary>Something happens to the process, unless it is down.</summary>
    public void Step(RaftEvent happened) => Do(replica => replica.Step(happened, Clock.MonotonicMs, Clock.WallMs));

    /// <summary>Asks the controller on this node.</summary>
    /// <param name="answer">Called once, unless the process dies first.</param>
    public void Submit(ControllerOperation operation, Action<object?, OperationError?> answer)
    {
        long id = ++_lastId;
        _callers[id] = answer;
        Do(replica => replica.Submit(id, operation, Clock.MonotonicMs, Clock.WallMs));
    }

    /// <summary>Asks the node as a tool would.</summary>
    public void Ask(RaftRequest request, Action<RaftResponse> answer)
    {
        long token = -(++_lastId);
        _tools[token] = answer;
        Step(new RaftEvent.RequestArrived(token, request));
    }

    /// <summary>kill -9: the page cache of the machine stays.</summary>
    public void Kill()
    {
        if (IsUp)
        {
            Die();
            Disk.RestartProcess(evictCleanPages: _prng.OneIn(2));
        }
    }

    /// <summary>The machine loses its power: what was not flushed is gone, or is not (F-3).</summary>
    public void LosePower()
    {
        Die();
        Disk = Disk.CrashImage(_prng.NextUInt64());
    }

    /// <summary>The machine loses its power after so many effects on its disk, in the middle of whatever it does then.</summary>
    public void LosePowerIn(long effects) => Disk.PowerLossIn(effects);

    /// <summary>SIGSTOP: nothing happens here until <see cref="Resume"/>, and then everything at once.</summary>
    public void Pause() => IsPaused = IsUp;

    /// <summary>SIGCONT.</summary>
    /// <param name="first">Happens before everything that was missed: what wakes a process first is chance.</param>
    public void Resume(Action? first = null)
    {
        if (!IsPaused)
        {
            return;
        }

        IsPaused = false;
        List<Action> missed = [.. _whilePaused];
        _whilePaused.Clear();
        first?.Invoke();
        missed.ForEach(action => action());
        ScheduleTimer();
    }

    /// <summary>SIGTERM.</summary>
    public void Stop()
    {
        _isStopping = true;
        Step(new RaftEvent.ShutdownRequested());
    }

    /// <summary>The disk is replaced by an empty one (F-6): another replica with the same node id.</summary>
    public void Wipe()
    {
        Die();
        Disk = new SimulatedDisk(_prng.NextUInt64());
        DirectoryId = _prng.NextGuid();
        Refused = null;
        LastDurableEnd = Offset.Zero;
        Format(VoterSet.Empty);
    }

    void IQuorumHost.Send(long correlationId, NodeId node, RaftEndpoint endpoint, RaftRequest request)
    {
        _world.Checks.Sent(this, request);
        _world.Network.Send(this, correlationId, endpoint, request);
    }

    void IQuorumHost.Reply(long token, RaftResponse response, ReadOnlyMemory<byte> bytes)
    {
        _world.Checks.Answered(this, response);
        if (_tools.Remove(token, out Action<RaftResponse>? tool))
        {
            tool(response);
        }
        else
        {
            _world.Network.Reply(this, token, response, bytes.ToArray());
        }
    }

    void IQuorumHost.StartFlush()
    {
        int incarnation = Incarnation;
        long delay = _prng.OneIn(50) ? 100 + _prng.Next(1500) : 1 + _prng.Next(8);
        _world.Agenda.In(delay, () => Do(replica =>
        {
            if (Incarnation == incarnation)
            {
                Offset end = replica.Store.Flush();
                replica.Step(new RaftEvent.LogFlushed(end), Clock.MonotonicMs, Clock.WallMs);
            }
        }));
    }

    void IQuorumHost.Answer(long id, object? response, OperationError? error)
    {
        if (_callers.Remove(id, out Action<object?, OperationError?>? caller))
        {
            caller(response, error);
        }
    }

    void IQuorumHost.Published(PublishedChange? change, MetadataImage image) => _world.Checks.Published(this, image);

    void IQuorumHost.LeaderChanged(NodeId leader, LeaderEpoch epoch, RaftEndpoint? endpoint) => KnownLeader = leader.Value;

    void IQuorumHost.VotersChanged(VoterSet voters)
    {
    }

    void IQuorumHost.Transition(RaftEffect.Transition transition)
    {
        _world.Trace.Add(_world.Agenda.NowMs, $"{Id} {transition.From} -> {transition.To} in {transition.Epoch}: {transition.Reason}");
        _world.Checks.Moved(this, transition);
    }

    void IQuorumHost.ShutdownCompleted() => _world.Agenda.In(0, () => Do(replica =>
    {
        if (_isStopping)
        {
            _world.Marks.Reach("clean stop");
            replica.CloseCleanly();
            Replica = null;
            Store = null;
            Forget();
            _world.Network.ConnectionsOf(this);
        }
    }));

    /// <summary>Who leads, as this process last heard; -1 is nobody.</summary>
    public int KnownLeader { get; private set; } = -1;

    /// <summary>For failure reports.</summary>
    public override string ToString() => Replica is { } replica
        ? $"{Id}{(IsPaused ? " paused" : "")} {replica.Node.View} applied {replica.Controller.Committed.EndOffset}"
        : $"{Id} down{(Refused is null ? "" : ", refused: " + Refused)}";

    private void Do(Action<QuorumReplica> action)
    {
        if (IsPaused)
        {
            int incarnation = Incarnation;
            _whilePaused.Add(() =>
            {
                if (Incarnation == incarnation)
                {
                    Do(action);
                }
            });
            return;
        }

        if (Replica is { } replica)
        {
            Guarded(() => action(replica));
            _world.Checks.AfterEvent(this);
            ScheduleTimer();
        }
    }

    /// <summary>A process dies of storage errors (C-1.4); only faults that were injected excuse it.</summary>
    private void Guarded(Action action)
    {
        try
        {
            action();
            LastDurableEnd = Replica?.Store.DurableEnd ?? LastDurableEnd;
        }
        catch (SimulatedPowerLossException)
        {
            _world.Marks.Reach("power loss inside a step");
            LosePower();
        }
        catch (StorageException exception) when (Disk.HasLostPower)
        {
            _world.Trace.Add(_world.Agenda.NowMs, $"{Id} power loss: {exception.Message}");
            _world.Marks.Reach("power loss inside a step");
            LosePower();
        }
        catch (StorageException exception) when (_world.MayFail(this))
        {
            _world.Trace.Add(_world.Agenda.NowMs, $"{Id} storage failed: {exception.Message}");
            _world.Marks.Reach("storage error");
            Kill();
            Disk.ClearFaults();
        }
    }

    private void Die()
    {
        if (Replica is { } replica)
        {
            LastDurableEnd = replica.Store.DurableEnd;
            Replica = null;
            Forget();
            _world.Network.ConnectionsOf(this);
        }

        Store = null;
        IsPaused = false;
    }

    private void Forget()
    {
        _callers.Clear();
        _tools.Clear();
        _whilePaused.Clear();
        KnownLeader = -1;
    }

    private void ScheduleTimer()
    {
        if (Replica is not { } replica)
        {
            return;
        }

        long version = ++_timerVersion;
        long at = Clock.WorldTimeOf(replica.NextDeadlineMs);
        if (at != long.MaxValue)
        {
            _world.Agenda.At(Math.Max(at, _world.Agenda.NowMs + 1), () =>
            {
                if (version == _timerVersion)
                {
                    Do(process => process.TimePassed(Clock.MonotonicMs, Clock.WallMs));
                }
            });
        }
    }
}
