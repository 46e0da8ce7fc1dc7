using System.Buffers;
using System.Collections.Immutable;
using RaftStream.Broker;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Replicas;
using RaftStream.Broker.Threads;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>One incarnation of a broker: the partitions, the keeper of their roles and the storage of the server, without its threads and transports.</summary>
internal sealed class BrokerProcess : IDisposable
{
    // Meters are shared: nobody looks at the numbers of a simulation.
    private static readonly BrokerMetrics Metrics = new();

    private readonly BrokerMachine _machine;
    private readonly LogDirectory _directory;
    private readonly CapturingLogger _logger = new();
    private readonly Supervisor _supervisor;
    private readonly TimerWheel _timers;
    private readonly FlushQueue _flushes;
    private readonly BrokerIdentity _identity = new();
    private readonly PartitionServices _services;
    private readonly PartitionKeeper _keeper;
    private readonly Dictionary<NodeId, SimulatedLink> _links = [];
    private readonly Guid _incarnationId;
    private readonly SimulatedProposer _proposer;
    private int _appliedChanges;
    private long _startEnd = long.MaxValue;
    private bool _wantsShutdown;
    private bool _isClosed;

    public BrokerProcess(BrokerMachine machine, int incarnation, Prng prng)
    {
        _machine = machine;
        Incarnation = incarnation;
        _incarnationId = prng.NextGuid();
        ClusterOptions options = machine.World.Options;
        _directory = LogDirectory.Open(machine.Disk, BrokerMachine.Folder, new LogDirectoryOptions
        {
            MinFreeBytes = 0,
            FileDeleteDelayMs = 3_000,
            RecoveryParallelism = 1,
            Sabotage = options.StorageSabotage,
        });
        _supervisor = new Supervisor(_logger);
        _timers = new TimerWheel(new SimulatedTime(machine, () => this));
        _flushes = new FlushQueue(_supervisor, threads: 0);
        _proposer = new SimulatedProposer(this);
        _services = new PartitionServices
        {
            NodeId = machine.Id,
            Time = new SimulatedTime(machine, () => this),
            Timers = _timers,
            Supervisor = _supervisor,
            Flushes = _flushes,
            Disk = new DiskGuard(_directory, _logger),
            Metrics = Metrics,
            Identity = _identity,
            Proposer = _proposer,
            Times = options.Times,
            Logger = _logger,
        };
        var fetchers = new ReplicaFetchers(1, leader => _links[leader] = new SimulatedLink(this, leader));
        _keeper = new PartitionKeeper(
            _services, _directory, Table, fetchers, ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal), new BrokerLimits());
    }

    public ClusterWorld World => _machine.World;

    public BrokerMachine Machine => _machine;

    public NodeId Id => _machine.Id;

    /// <summary>Which start of the machine it is.</summary>
    public int Incarnation { get; }

    public PartitionTable Table { get; } = new();

    public LogDirectory Directory => _directory;

    /// <summary>For one answer at a time.</summary>
    public AppendTicket Ticket { get; } = new();

    /// <summary>Its registration; none before.</summary>
    public BrokerEpoch Epoch => _identity.Epoch;

    /// <summary>The metadata that it acts on; null before it does.</summary>
    public MetadataImage? Image { get; private set; }

    /// <summary>The controller lets it lead, as far as it knows.</summary>
    public bool IsUnfenced { get; private set; }

    /// <summary>Why it stopped by itself; null while it works.</summary>
    public Exception? Failure => _supervisor.HasFailed ? _logger.LastFailure : null;

    public bool IsCurrent => ReferenceEquals(_machine.Process, this);

    public bool IsStopping => _wantsShutdown;

    public long MonotonicMs => _machine.Clock.MonotonicMs;

    /// <summary>Something happens to this process, unless it is dead.</summary>
    public void Do(Action action) => _machine.Do(this, () =>
    {
        if (!_isClosed)
        {
            action();
        }
    });

    /// <summary>The same after a while.</summary>
    public void In(long ms, Action action) => World.Agenda.In(ms, () => Do(action));

    /// <summary>R-17.1: registers, waits for that metadata, makes the partitions so, and is then heard of again and again.</summary>
    public void Begin()
    {
        if (World.Options.ActsEarly)
        {
            _startEnd = 0;
        }

        TakeMetadata(Math.Max(0, World.Quorum.Published.Count - World.Prng.Next(12)));
        Register();
        Checkpoint();
    }

    /// <summary>The metadata log is known up to this change.</summary>
    public void TakeMetadata(int changes)
    {
        while (_appliedChanges < changes)
        {
            PublishedChange change = World.Quorum.Published[_appliedChanges];
            if (Image is not null)
            {
                _appliedChanges++;
                _keeper.Apply(change.Delta, change.Image);
                Image = change.Image;
                World.Checks.AfterEvent(this);
            }
            else if (World.Quorum.Published[changes - 1].Image.EndOffset >= _startEnd)
            {
                // R-3.1: what was before its own registration is not acted on piece by piece.
                _appliedChanges = World.Options.ActsEarly ? changes : FirstAt(_startEnd) + 1;
                Image = World.Quorum.Published[_appliedChanges - 1].Image;
                _keeper.Reconcile(Image);
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Asks the controller once, which may be another by now, or none.</summary>
    /// <param name="answer">The response, or an error; and where the controller's metadata ends.</param>
    public void AskController(Func<ControllerOperation> operation, long timeoutMs, Action<object?, OperationError?, long> answer)
    {
        bool isDone = false;
        World.Quorum.Ask(_machine.Id.Value, operation, (response, error, end) => Do(() => Finish(response, error, end)));
        In(timeoutMs, () => Finish(null, new OperationError(ErrorCode.NotController, "no answer"), 0));

        void Finish(object? response, OperationError? error, long end)
        {
            if (!isDone)
            {
                isDone = true;
                answer(response, error, end);
            }
        }
    }

    /// <summary>A produce request arrives.</summary>
    public void Produce(TopicPartition partition, byte[] batch, RequiredAcks acks, int timeoutMs, IProduceSink sink) => Do(() =>
    {
        PartitionCell? cell = Table.Find(partition.TopicId)?.Find(partition.Partition);
        ErrorCode error = cell?.CheckProduce(acks) ?? ErrorCode.UnknownTopicOrPartition;
        if (error != ErrorCode.None)
        {
            sink.OnProduced(0, ProduceResult.Failed(error));
            return;
        }

        bool isWhole = RecordBatchHeader.TryRead(batch, out RecordBatchHeader header);
        Invariant.Check(isWhole);
        var request = new AppendRequest(
            new ReadOnlySequence<byte>(batch), header, acks, new ProduceTag(sink, 0, -1), MonotonicMs + timeoutMs, new AppendTicket());
        ValueTask appended = cell!.AppendAsync(request);
        Invariant.Check(appended.IsCompletedSuccessfully);
    });

    /// <summary>SIGTERM: gives its leaderships away, then stops in good order (R-10.5).</summary>
    public void Stop()
    {
        if (!_wantsShutdown)
        {
            _wantsShutdown = true;
            In(World.Prng.OneIn(4) ? 300 : 8_000, Leave);
        }
    }

    /// <summary>Starts flushes that became due; called after every event.</summary>
    public void Settle()
    {
        while (_flushes.TryTake() is { } cell)
        {
            long delay = _machine.FlushMs <= 2 ? 1 + World.Prng.Next(3) : _machine.FlushMs + World.Prng.Next((int)_machine.FlushMs);
            In(delay, cell.FlushNow);
        }
    }

    public void Die(bool isSilent)
    {
        foreach (SimulatedLink link in _links.Values)
        {
            link.Close(isSilent);
        }

        World.CloseSessionsOf(this, isSilent);
        if (!isSilent)
        {
            World.Quorum.ConnectionLost(Id.Value);
        }

        Dispose();
    }

    public void Dispose()
    {
        _timers.Dispose();
        _supervisor.Dispose();
    }

    public override string ToString() =>
        $"epoch {Epoch.Value} {(IsUnfenced ? "unfenced" : "fenced")} metadata {Image?.EndOffset}: {string.Join(" | ", Table.Cells.Select(Describe))}";

    private static string Describe(PartitionCell cell) =>
        $"{cell.Name} {(cell.Role.IsLeader ? "leads" : "follows " + cell.Role.State?.Leader)} e{cell.Role.LeaderEpoch} p{cell.Role.State?.PartitionEpoch.Value} "
        + $"[{cell.Log.LogStartOffset}, hw {cell.HighWatermark}, durable {cell.Log.DurableEnd}, {cell.Log.LogEndOffset})"
        + (cell.Role.IsLeader ? $" maximal {string.Join(",", cell.Leader.MaximalIsr)}" : "");

    private int FirstAt(long end)
    {
        int index = 0;
        while (World.Quorum.Published[index].Image.EndOffset < end)
        {
            index++;
        }

        return index;
    }

    private void Register()
    {
        var start = new BrokerStart
        {
            Id = Id,
            IncarnationId = _incarnationId,
            LogDirectoryId = _directory.Identity.DirectoryId,
            Endpoints = [],
            Rack = _machine.Rack,
            Features = FeatureControl.Supported,
            PreviousEpoch = _directory.CleanShutdownEpoch,
            SuspectPartitions =
            [
                .. _directory.Logs.Where(log => log.Recovery.SuspectReason is not null).Select(log => new TopicPartition(log.TopicId, log.Partition)),
            ],
            LostPartitions = [.. _directory.Lost.Select(log => new LostPartition(log.Topic, log.Partition))],
        };
        AskController(() => RegistrationControl.Register(World.Options.ControllerOptions, ClusterWorld.ClusterId, start), 1_000, (response, error, end) =>
        {
            if (error is null && response is RegistrationAnswer { Error: null } registered)
            {
                _identity.Epoch = registered.Epoch;
                _startEnd = Math.Max(end, registered.Epoch.Value + 1);
                _machine.Registered();
                World.Checks.Registered(this);
                World.Note($"{Id} registered as {registered.Epoch.Value}");
                TakeMetadata(World.Quorum.Published.Count(change => change.Image.EndOffset <= end));
                Beat();
            }
            else
            {
                In(100 + World.Prng.Next(100), Register);
            }
        });
    }

    private void Beat()
    {
        var heartbeat = new Heartbeat(Id, Epoch, Image?.EndOffset ?? 0, WantShutdown: _wantsShutdown);
        AskController(() => HeartbeatControl.Take(heartbeat), 1_000, (response, _, _) =>
        {
            if (response is HeartbeatAnswer { Error: not null })
            {
                World.Note($"{Id} was replaced");
                World.Agenda.In(0, () => EndIfCurrent());
                return;
            }

            if (response is HeartbeatAnswer heard)
            {
                IsUnfenced = !heard.IsFenced;
                if (heard.ShouldShutdown && _wantsShutdown)
                {
                    World.Marks.Reach("controlled shutdown");
                    Leave();
                    return;
                }
            }

            In(250, Beat);
        });
    }

    private void EndIfCurrent()
    {
        if (IsCurrent)
        {
            _machine.Ended(isClean: false);
            World.Agenda.In(500, _machine.Start);
        }
    }

    private void Leave()
    {
        if (!IsCurrent || _isClosed)
        {
            return;
        }

        _isClosed = true;
        World.Note($"{Id} stops");
        foreach (PartitionCell cell in Table.Cells)
        {
            cell.Resign(ErrorCode.NotLeaderOrFollower);
        }

        bool isClean = _directory.CloseCleanly(Epoch);
        World.Marks.Reach(isClean ? "clean stop" : "stop after a failure");

        World.Agenda.In(0, () =>
        {
            if (IsCurrent)
            {
                _machine.Ended(isClean);
            }

            if (World.Faults.AreOver)
            {
                _machine.Start(); // It was paused between being told to stop and doing so: its time to come back has passed.
            }
        });
    }

    private void Checkpoint() => In(1_500 + World.Prng.Next(1_000), () =>
    {
        if (!_isClosed)
        {
            _directory.WriteCheckpoints();
            _directory.RemoveDeleted(_services.WallMs);
            _services.Disk.Look();
            Checkpoint();
        }
    });
}
