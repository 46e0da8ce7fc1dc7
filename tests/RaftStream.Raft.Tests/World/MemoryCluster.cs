using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Tests.World;

/// <summary>Nodes on memory disks and a network of one virtual clock: every message takes 1 ms, unless a test cuts the way.</summary>
internal sealed class MemoryCluster
{
    public static readonly Guid ClusterId = new("6f6a3a52-6c1e-4a57-8b6e-1a2b3c4d5e6f");

    private readonly PriorityQueue<Action, (long AtMs, long Order)> _agenda = new();
    private readonly Dictionary<long, (MemoryNode Asker, long CorrelationId, MemoryNode Answerer)> _asked = [];
    private readonly HashSet<(int From, int To)> _cut = [];
    private readonly SortedDictionary<int, MemoryNode> _nodes = [];
    private readonly Prng _prng;
    private long _order;
    private long _lastToken = 1_000_000;

    public MemoryCluster(int voters, int seed = 1, Func<RaftStart, RaftStart>? configure = null, bool starts = true)
    {
        _prng = new Prng((ulong)seed);
        Configure = configure ?? (start => start);
        Formatted = new VoterSet(Enumerable.Range(0, voters).Select(id => new Voter(KeyOf(id), PlaceOf(id))));
        for (int id = 0; id < voters && starts; id++)
        {
            Add(id, Formatted);
        }
    }

    public Func<RaftStart, RaftStart> Configure { get; }
    public VoterSet Formatted { get; }
    public long NowMs { get; private set; }
    public bool HoldsFlushes { get; set; }
    public IEnumerable<MemoryNode> Nodes => _nodes.Values;
    public MemoryNode this[int id] => _nodes[id];
    public Action<string>? Observer { get; set; }

    public MemoryNode Leader => _nodes.Values.Where(node => node.View.Role == RaftRole.Leader).MaxBy(node => node.View.Epoch.Value)
        ?? throw new InvalidOperationException("Nobody leads.");

    public static ReplicaKey KeyOf(int id, int disk = 0) => new(new NodeId(id), new Guid(id + 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)disk));

    public static RaftEndpoint PlaceOf(int id) => new("node" + id, 9000 + id);

    public RaftStart StartOf(int id, bool canVote = true, int disk = 0) => Configure(new RaftStart
    {
        ClusterId = ClusterId,
        Local = KeyOf(id, disk),
        Endpoint = canVote ? PlaceOf(id) : null,
        BootstrapServers = [PlaceOf(0), PlaceOf(1), PlaceOf(2)],
        State = QuorumState.New,
        Log = new MemoryDisk(VoterSet.Empty).Recover(),
    });

    public MemoryNode Add(int id, VoterSet formatted, bool canVote = true, int disk = 0) =>
        _nodes[id] = new MemoryNode(this, StartOf(id, canVote, disk), new MemoryDisk(formatted), _prng.Fork());

    public MemoryNode Restart(int id, bool losesPower = false)
    {
        MemoryNode old = _nodes[id];
        _nodes.Remove(id);
        if (losesPower)
        {
            old.Disk.LosePowerIn();
        }

        return _nodes[id] = old.Restarted();
    }

    public void Stop(int id) => _nodes.Remove(id);

    public void Cut(int from, int to) => _cut.Add((from, to));

    public void Isolate(int id)
    {
        foreach (int other in _nodes.Keys.Where(other => other != id))
        {
            Cut(id, other);
            Cut(other, id);
        }
    }

    public void Heal() => _cut.Clear();

    public MemoryDisk AnyWith(SnapshotId id) => _nodes.Values.First(node => node.Disk.Recover().Snapshots.Contains(id)).Disk;

    public void Flushes(MemoryNode node)
    {
        if (!HoldsFlushes && !node.HoldsFlushes)
        {
            At(NowMs + 1, () =>
            {
                if (IsAlive(node) && node.IsFlushing && !HoldsFlushes && !node.HoldsFlushes)
                {
                    node.FinishFlush();
                }
            });
        }
    }

    public void Send(MemoryNode from, RaftEffect.Send send)
    {
        Observer?.Invoke($"{NowMs} {from.Id}->{send.Endpoint} {send.Request}");
        At(NowMs + 1, () =>
        {
            MemoryNode? to = _nodes.Values.FirstOrDefault(node => PlaceOf(node.Id.Value) == send.Endpoint);
            if (to is null)
            {
                if (IsAlive(from))
                {
                    from.Step(new RaftEvent.RequestFailed(send.CorrelationId));
                }
            }
            else if (!_cut.Contains((from.Id.Value, to.Id.Value)))
            {
                long token = ++_lastToken;
                _asked[token] = (from, send.CorrelationId, to);
                to.Step(new RaftEvent.RequestArrived(token, send.Request));
            }
        });
    }

    /// <summary>Brings an answer back; false when a test asked.</summary>
    public bool Reply(long token, RaftResponse response)
    {
        if (!_asked.Remove(token, out var asked))
        {
            return false;
        }

        if (!_cut.Contains((asked.Answerer.Id.Value, asked.Asker.Id.Value)))
        {
            At(NowMs + 1, () =>
            {
                if (IsAlive(asked.Asker))
                {
                    asked.Asker.Step(new RaftEvent.ResponseArrived(asked.CorrelationId, response));
                }
            });
        }

        return true;
    }

    /// <summary>Lets time pass, message by message and timer by timer.</summary>
    public void Run(long ms) => RunUntil(() => false, ms, mustHappen: false);

    /// <summary>Lets time pass until something is so.</summary>
    public void RunUntil(Func<bool> condition, long limitMs = 30_000, bool mustHappen = true)
    {
        long end = NowMs + limitMs;
        while (!condition())
        {
            long next = _agenda.TryPeek(out _, out (long AtMs, long Order) first) ? first.AtMs : long.MaxValue;
            MemoryNode? due = _nodes.Values.MinBy(node => node.Raft.NextDeadlineMs);
            long timer = due?.Raft.NextDeadlineMs ?? long.MaxValue;
            long at = Math.Min(next, timer);
            if (at > end)
            {
                NowMs = end;
                Assert.True(!mustHappen || condition(), "It did not happen in time.");
                return;
            }

            NowMs = Math.Max(NowMs, at);
            if (next <= timer)
            {
                _agenda.Dequeue()();
            }
            else
            {
                due!.Step(new RaftEvent.TimePassed());
                Assert.True(due.Raft.NextDeadlineMs > NowMs || _agenda.Count > 0, "The deadline stays: the node would spin.");
            }
        }
    }

    /// <summary>A leader that every node follows and whose reign is announced.</summary>
    public MemoryNode Elect()
    {
        RunUntil(() => _nodes.Values.Any(node => node.View.Role == RaftRole.Leader && node.All<RaftEffect.LeadershipGained>().Any())
            && _nodes.Values.All(node => node.View.LeaderId == Leader.Id));
        return Leader;
    }

    /// <summary>Appends at the leader.</summary>
    public long Append(MemoryNode leader, int records = 1)
    {
        long id = ++_lastToken;
        leader.Step(new RaftEvent.AppendRequested(id, leader.View.Epoch, records, new byte[] { (byte)id }));
        return id;
    }

    /// <summary>Asks a node as a tool would.</summary>
    public long Ask(MemoryNode node, RaftRequest request)
    {
        long token = ++_lastToken;
        node.Step(new RaftEvent.RequestArrived(token, request));
        return token;
    }

    /// <summary>Lets an agenda entry happen at a time.</summary>
    public void At(long atMs, Action action) => _agenda.Enqueue(action, (atMs, ++_order));

    private bool IsAlive(MemoryNode node) => _nodes.TryGetValue(node.Id.Value, out MemoryNode? found) && found == node;
}
