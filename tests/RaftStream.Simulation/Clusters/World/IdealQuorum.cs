using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>
/// A metadata log that never forgets what is committed, and the controllers on it. Reigns end, their last records are lost
/// or not, and a deposed controller goes on for a while without knowing (C-8.6): what it decides is never committed.
/// </summary>
internal sealed class IdealQuorum
{
    private readonly ClusterWorld _world;
    private readonly Prng _prng;
    private readonly List<Batch> _log = [];
    private readonly ControllerMachine[] _controllers;
    private readonly MetadataReplay _replay = new(MetadataImage.Empty);
    private readonly Dictionary<ControllerMachine, long> _forks = [];
    private ControllerMachine? _leader;
    private int _epoch;
    private int _committedBatches;
    private long _lastCommitMs;
    private bool _isStalled;

    private sealed record Batch(long BaseOffset, long EndOffset, ImmutableArray<MetadataRecord> Records);

    public IdealQuorum(ClusterWorld world, Prng prng)
    {
        _world = world;
        _prng = prng;
        _controllers = [.. Enumerable.Range(0, world.Options.Controllers).Select(i => new ControllerMachine(world, i, prng))];
    }

    /// <summary>What was committed, change by change: the same for everybody.</summary>
    public List<PublishedChange> Published { get; } = [];

    /// <summary>The committed metadata.</summary>
    public MetadataImage Image => _replay.Image;

    /// <summary>The committed metadata, and what it becomes with each batch that the next reign may find: nobody has been told of those.</summary>
    public IEnumerable<MetadataImage> Possible()
    {
        yield return Image;
        var replay = new MetadataReplay(Image);
        foreach (Batch batch in _log.Where(batch => batch.BaseOffset >= Image.EndOffset))
        {
            if (batch.Records.IsEmpty)
            {
                replay.Skip(batch.BaseOffset, batch.EndOffset);
            }
            else if (replay.Apply(batch.BaseOffset, batch.Records) is { } change)
            {
                yield return change.Image;
            }
        }
    }

    public IReadOnlyList<ControllerMachine> Controllers => _controllers;

    /// <summary>The controller of the latest epoch; null between two reigns.</summary>
    public ControllerMachine? Leader => _leader;

    private long LogEnd => _log.Count == 0 ? 0 : _log[^1].EndOffset;

    /// <summary>Elects the first controller.</summary>
    public void Begin() => Elect();

    /// <summary>Asks whoever is taken for the controller: the leader, its predecessor, or any.</summary>
    public void Ask(int from, Func<ControllerOperation> operation, Action<object?, OperationError?, long> answer)
    {
        ControllerMachine target = _forks.Count > 0 && _prng.OneIn(2) ? _forks.Keys.First()
            : _leader is { } leader && !_prng.OneIn(20) ? leader
            : _controllers[_prng.Next(_controllers.Length)];
        int to = ClusterNetwork.Controller(target.Index);
        _world.Network.Carry(from, to, () => target.Submit(
            operation(), (response, error, end) => _world.Network.Carry(to, from, () => answer(response, error, end))));
    }

    /// <summary>Takes a batch of a controller; it will be committed unless the reign is over.</summary>
    /// <returns>Its base offset.</returns>
    public long Append(ControllerMachine controller, LeaderEpoch epoch, ImmutableArray<MetadataRecord> records)
    {
        if (_forks.TryGetValue(controller, out long forked))
        {
            _forks[controller] = forked + records.Length;
            return forked;
        }

        Invariant.Check(ReferenceEquals(controller, _leader) && epoch.Value == _epoch);
        var batch = new Batch(LogEnd, LogEnd + records.Length, records);
        _log.Add(batch);
        _lastCommitMs = Math.Max(_lastCommitMs, _world.Agenda.NowMs + 1 + _prng.Next(_prng.OneIn(30) ? 300 : 5));
        _world.Agenda.At(_lastCommitMs, () =>
        {
            int index = _log.IndexOf(batch);
            if (index >= 0 && ReferenceEquals(_leader, controller) && _epoch == epoch.Value && !_isStalled)
            {
                Commit(index + 1);
                controller.Step(new ControllerEvent.Committed(batch.EndOffset));
            }
        });
        return batch.BaseOffset;
    }

    /// <summary>Says whether a controller still leads; a deposed one learns nothing until it learns that.</summary>
    public void Barrier(ControllerMachine controller, long id) => _world.Agenda.In(1 + _prng.Next(4), () =>
    {
        if (ReferenceEquals(controller, _leader) && !_isStalled)
        {
            controller.Step(new ControllerEvent.BarrierCompleted(id, true));
        }
    });

    /// <summary>The connection of a broker's heartbeats closed .</summary>
    public void ConnectionLost(int broker)
    {
        if (_leader is { } leader && !_prng.OneIn(4) && !_world.Network.IsCut(broker, ClusterNetwork.Controller(leader.Index)))
        {
            _world.Agenda.In(1 + _prng.Next(10), () => leader.Step(new ControllerEvent.BrokerDisconnected(new NodeId(broker))));
        }
    }

    /// <summary>The reign ends: the controller crashes, or it is cut off and does not know it for a while.</summary>
    public void Depose(bool crashes)
    {
        if (_leader is not { } old || _isStalled)
        {
            return;
        }

        if (_prng.OneIn(2))
        {
            End(old, crashes);
            return;
        }

        // It is cut off from the others first: it goes on deciding, and nothing more is committed.
        _isStalled = true;
        _world.Agenda.In(50 + _prng.Next(1_500), () => End(old, crashes));
    }

    /// <summary>Nobody is deposed any more.</summary>
    public void EndForks()
    {
        foreach (ControllerMachine deposed in _forks.Keys.ToList())
        {
            _forks.Remove(deposed);
            deposed.Step(new ControllerEvent.LeadershipLost());
        }
    }

    private void End(ControllerMachine old, bool crashes)
    {
        _isStalled = false;
        _world.Marks.Reach(crashes ? "controller crashed" : "controller deposed");
        _leader = null;
        _epoch++;
        int kept = _committedBatches + _prng.Next(_log.Count - _committedBatches + 1);
        if (kept < _log.Count)
        {
            _world.Marks.Reach("metadata lost with its controller");
            _log.RemoveRange(kept, _log.Count - kept);
        }

        if (crashes)
        {
            old.Restart();
        }
        else
        {
            _forks[old] = old.Controller.Latest!.EndOffset + 1_000_000; // its own offsets: nobody sees them
            _world.Agenda.In(_prng.Next(6_000), () =>
            {
                if (_forks.Remove(old))
                {
                    old.Step(new ControllerEvent.LeadershipLost());
                }
            });
        }

        _world.Agenda.In(20 + _prng.Next(_prng.OneIn(4) ? 3_000 : 600), Elect);
    }

    private void Elect()
    {
        ControllerMachine[] candidates = [.. _controllers.Where(controller => !_forks.ContainsKey(controller))];
        if (candidates.Length == 0)
        {
            _world.Agenda.In(500, Elect); // all were deposed and do not know it yet
            return;
        }

        ControllerMachine next = candidates[_prng.Next(candidates.Length)];
        _leader = next;
        _epoch = Math.Max(1, _epoch);
        _log.Add(new Batch(LogEnd, LogEnd + 1, [])); // the quorum's own record of the new reign (C-8.1)
        Commit(_log.Count);
        int index = _log.FindIndex(batch => batch.BaseOffset >= next.Controller.ReplayFrom);
        for (; index < _log.Count; index++)
        {
            Batch batch = _log[index];
            next.Step(batch.Records.IsEmpty
                ? new ControllerEvent.ControlReplayed(batch.BaseOffset, batch.EndOffset)
                : new ControllerEvent.Replayed(batch.BaseOffset, batch.Records));
        }

        _world.Note($"controller {next.Index} leads in {_epoch}");
        next.Step(new ControllerEvent.LeadershipGained(new LeaderEpoch(_epoch)));
    }

    private void Commit(int batches)
    {
        for (; _committedBatches < batches; _committedBatches++)
        {
            Batch batch = _log[_committedBatches];
            if (batch.Records.IsEmpty)
            {
                _replay.Skip(batch.BaseOffset, batch.EndOffset);
            }
            else if (_replay.Apply(batch.BaseOffset, batch.Records) is { } change)
            {
                Published.Add(change);
                _world.Checks.Committed(batch.Records, change);
                _world.Spread();
            }
        }
    }
}
