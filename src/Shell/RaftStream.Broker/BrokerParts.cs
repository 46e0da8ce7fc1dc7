using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using RaftStream.Broker.Admin;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Replicas;
using RaftStream.Broker.Threads;
using RaftStream.Broker.Upkeep;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Runtime;
using RaftStream.Replication;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker;

/// <summary>The parts of one started node, made in the order of and taken apart in reverse.</summary>
internal sealed class BrokerParts : IAsyncDisposable
{
    /// <summary>
    /// Of the files that the process may open, set aside for each partition: its active segment, an older one, a
    /// connection. A node that cannot open a file stops, so it must not take on partitions that it could not hold.
    /// </summary>
    private const int OpenFilesPerPartition = 3;

    private readonly BrokerOptions _options;
    private readonly ILogger _logger;
    private readonly LogDirectory _directory;
    private readonly Supervisor _supervisor;
    private readonly TimerWheel _timers;
    private readonly BrokerMetrics _metrics;
    private readonly PartitionTable _table = new();
    private readonly PartitionServices _services;
    private readonly TimeProvider _time;
    private readonly Prng _prng;
    private readonly ControllerSettings _settings;
    private readonly PartitionKeeper _keeper;
    private readonly BrokerIdentity _identity = new();
    private readonly ReplicaChannels _channels;
    private readonly ProducerIdPool _producerIds;
    private volatile MetadataFollower? _follower;
    private LoneQuorum? _quorum;
    private BrokerCluster? _cluster;

    private BrokerParts(
        BrokerOptions options, LogDirectory directory, Supervisor supervisor, TimeProvider time, ILogger logger, BrokerCluster? cluster)
    {
        _time = time;
        _options = options;
        _logger = logger;
        _directory = directory;
        _supervisor = supervisor;
        var proposer = new IsrProposer(options.NodeId, _identity, (request, token) => Control.Gateway.AskOnceAsync(request, token));
        supervisor.Run("isr", proposer.RunAsync);
        _timers = new TimerWheel(time);
        _metrics = new BrokerMetrics();
        _services = new PartitionServices
        {
            NodeId = options.NodeId,
            Time = time,
            Timers = _timers,
            Supervisor = _supervisor,
            Flushes = new FlushQueue(_supervisor, options.FlushThreads),
            Disk = new DiskGuard(directory, logger),
            Metrics = _metrics,
            Identity = _identity,
            Proposer = proposer,
            Times = new ReplicationTimes { ReplicaLagMaxMs = options.ReplicaLagMaxMs, Sabotage = options.Sabotage },
            ProducerExpirationMs = options.ProducerExpirationMs,
            Logger = logger,
        };

        _prng = new Prng(options.Seed!.Value);
        _settings = new ControllerSettings
        {
            DefaultPartitions = options.DefaultPartitions,
            DefaultReplicationFactor = options.DefaultReplicationFactor,
            StaticTopicConfigs = options.TopicDefaults,
            MaxPartitions = (int)Math.Min(new ControllerSettings().MaxPartitions, directory.MaxOpenFiles / OpenFilesPerPartition),
        };
        _producerIds = new ProducerIdPool(
            token => Control.Gateway.AskAsync(new ControllerRequest.TakeProducerIds(options.NodeId, _identity.Epoch), token));
        _channels = new ReplicaChannels(cluster?.ReplicaTls);
        _keeper = new PartitionKeeper(
            _services, directory, _table, new ReplicaFetchers(options.ReplicaFetchers, NewFetcher), options.TopicDefaults, options.Limits);
    }

    public BrokerApi Api { get; private set; } = null!;

    /// <summary>This incarnation's registration.</summary>
    public BrokerEpoch BrokerEpoch => _identity.Epoch;

    /// <summary>Another broker follows; null before the partitions are known.</summary>
    public FollowerSession? NewFollowerSession() =>
        _follower is null ? null : new FollowerSession(_table, _options.ReplicaFetchMaxBytes);

    /// <summary>The replica of the metadata log beside this broker, and the way to the controller.</summary>
    public (QuorumNode Quorum, ControllerGateway Gateway) Control =>
        _cluster is { } cluster ? (cluster.Quorum, cluster.Gateway) : (_quorum!.Node, _quorum.Gateway);

    /// <summary>What the controller of the cluster thinks of this broker; null for a node of its own.</summary>
    public BrokerSession? Session { get; private set; }

    /// <summary>See <see cref="Supervisor.Failure"/>.</summary>
    public Task<string> Failure => _supervisor.Failure;

    /// <summary>Opens the folder and makes everything; blocks on the disk.</summary>
    public static async Task<BrokerParts> StartAsync(
        BrokerOptions options,
        IFileSystem fileSystem,
        TimeProvider time,
        ILogger logger,
        ImmutableArray<BrokerEndpoint> endpoints,
        BrokerCluster? cluster,
        CancellationToken cancellationToken)
    {
        Format(options, fileSystem, logger);
        LogDirectory directory = LogDirectory.Open(fileSystem, options.DataDirectory, new LogDirectoryOptions
        {
            MinFreeBytes = options.MinFreeBytes,
            FileDeleteDelayMs = options.FileDeleteDelayMs,
        });
        var supervisor = new Supervisor(logger);
        BrokerParts? parts = null;
        try
        {
            CheckOwner(options, directory.Identity);
            BrokerLog.Starting(logger, options.NodeId.Value, directory.Identity.ClusterId, options.DataDirectory);
            ReportRecovery(directory, logger);
            CheckLayout(options, directory);
            parts = new BrokerParts(options, directory, supervisor, time, logger, cluster);
            if (cluster is null)
            {
                await parts.StartAloneAsync(fileSystem, endpoints, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await parts.StartInClusterAsync(cluster, endpoints, cancellationToken).ConfigureAwait(false);
            }

            return parts;
        }
        catch
        {
            await supervisor.StopAsync().ConfigureAwait(false);
            if (parts?._quorum is { } quorum)
            {
                await quorum.DisposeAsync().ConfigureAwait(false);
            }

            supervisor.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Ends everything; a clean end leaves nothing to recover.</summary>
    public async Task StopAsync(bool clean)
    {
        if (clean && Session is { } session && !_supervisor.HasFailed)
        {
            int patienceMs = _cluster!.ShutdownMs;
            if (!await session.LeaveAsync(TimeSpan.FromMilliseconds(patienceMs)).ConfigureAwait(false))
            {
                BrokerLog.LeftWithoutLeave(_logger, _options.NodeId.Value, patienceMs);
            }
        }

        if (clean)
        {
            await Task.Run(Settle).ConfigureAwait(false);
        }

        foreach (PartitionCell cell in _table.Cells)
        {
            cell.Resign(ErrorCode.NotLeaderOrFollower);
        }

        await _supervisor.StopAsync().ConfigureAwait(false);
        bool isSound = clean && !_supervisor.HasFailed;
        await Task.Run(() => Close(isSound)).ConfigureAwait(false);
        if (_quorum is { } quorum)
        {
            await (isSound ? quorum.StopAsync() : quorum.DisposeAsync().AsTask()).ConfigureAwait(false);
        }

        _follower?.Dispose();
        await _channels.DisposeAsync().ConfigureAwait(false);
        _producerIds.Dispose();
        _timers.Dispose();
        _metrics.Dispose();
        _supervisor.Dispose();
    }

    /// <summary>Ends everything as a crash would.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(clean: false).ConfigureAwait(false);

    private static void Format(BrokerOptions options, IFileSystem fileSystem, ILogger logger)
    {
        if (LogDirectory.IsFormatted(fileSystem, options.DataDirectory))
        {
            return;
        }

        var identity = new DirectoryIdentity(options.ClusterId ?? Guid.NewGuid(), options.NodeId, Guid.NewGuid());
        LogDirectory.Format(fileSystem, options.DataDirectory, identity);
        BrokerLog.Formatted(logger, options.DataDirectory, options.NodeId.Value, identity.ClusterId);
    }

    private static void CheckOwner(BrokerOptions options, DirectoryIdentity identity)
    {
        if (identity.NodeId != options.NodeId)
        {
            throw new StorageException(
                StorageErrorKind.WrongOwner,
                $"The data folder {options.DataDirectory} belongs to node {identity.NodeId}, not {options.NodeId}: set node.id={identity.NodeId} or use another folder.");
        }

        if (options.ClusterId is { } cluster && cluster != identity.ClusterId)
        {
            throw new StorageException(
                StorageErrorKind.WrongOwner,
                $"The data folder {options.DataDirectory} belongs to cluster {identity.ClusterId}, not {cluster}: set cluster.id={identity.ClusterId} or use another folder.");
        }
    }

    private static void CheckLayout(BrokerOptions options, LogDirectory directory)
    {
        if (directory.Find(TopicControl.MetadataTopic, 0) is not null)
        {
            throw new StorageException(
                StorageErrorKind.WrongOwner,
                $"The data folder {options.DataDirectory} has the layout of an earlier version ({TopicControl.MetadataTopic}-0 among the partitions), which cannot be carried over: use another folder.");
        }
    }

    private static void ReportRecovery(LogDirectory directory, ILogger logger)
    {
        foreach (PartitionLog log in directory.Logs)
        {
            LogRecoveryReport report = log.Recovery;
            if (report.CutBytes > 0)
            {
                BrokerLog.Recovered(logger, log.Topic, log.Partition, report.ScannedBytes, report.CutBytes);
            }

            if (report.SuspectReason is { } reason)
            {
                BrokerLog.Suspect(logger, log.Topic, log.Partition, reason);
            }
        }

        foreach (LostLog lost in directory.Lost)
        {
            BrokerLog.Suspect(logger, lost.Topic, lost.Partition, lost.Reason);
        }
    }

    private async Task StartAloneAsync(IFileSystem fileSystem, ImmutableArray<BrokerEndpoint> endpoints, CancellationToken cancellationToken)
    {
        LoneQuorum quorum = await LoneQuorum.StartAsync(_options, _settings, _prng, fileSystem, _directory, _time).ConfigureAwait(false);
        _quorum = quorum;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _supervisor.Stopping);
        (_identity.Epoch, long end) = await quorum.RegisterAsync(StartOf(endpoints), stopping.Token).ConfigureAwait(false);
        MetadataFollower follower = await FollowAsync(quorum.Feed, end, stopping.Token).ConfigureAwait(false);
        _supervisor.Run("quorum", async token =>
        {
            string reason = await quorum.Node.Failure.WaitAsync(token).ConfigureAwait(false);
            throw new StorageException(StorageErrorKind.Stopped, reason);
        });
        Serve(new ClusterController(quorum.Gateway, follower));
    }

    /// <summary>R-17.1: logs first, then the registration, then everything that the metadata says, and only then leaderships.</summary>
    private async Task StartInClusterAsync(BrokerCluster cluster, ImmutableArray<BrokerEndpoint> endpoints, CancellationToken cancellationToken)
    {
        _cluster = cluster;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _supervisor.Stopping);
        TimeSpan heartbeat = TimeSpan.FromMilliseconds(cluster.HeartbeatMs);
        var session = new BrokerSession(
            cluster.Gateway.AskAsync, cluster.Gateway.AskOnceAsync, () => _follower?.Image.EndOffset ?? 0, () => _services.Disk.HasRoom, _time, _logger);

        (_identity.Epoch, long end) = await session.RegisterAsync(cluster.ClusterId, StartOf(endpoints), heartbeat, stopping.Token).ConfigureAwait(false);
        MetadataFollower follower = await FollowAsync(cluster.Feed, end, stopping.Token).ConfigureAwait(false);
        _identity.MayBeFenced = () => session.MayBeFenced(TimeSpan.FromMilliseconds(cluster.SessionMs));
        _supervisor.Run("heartbeats", token => session.BeatAsync(heartbeat, token));
        Task<string> failed = Failure;
        if (await Task.WhenAny(session.Unfenced, failed).WaitAsync(stopping.Token).ConfigureAwait(false) == failed)
        {
            throw new BrokerRefusedException(ErrorCode.InvalidRegistration, await failed.ConfigureAwait(false));
        }

        Session = session;
        Serve(new ClusterController(cluster.Gateway, follower));
    }

    private async Task<MetadataFollower> FollowAsync(MetadataFeed feed, long end, CancellationToken stopping)
    {
        var follower = new MetadataFollower(_keeper, _channels, new UncleanElections(_options.NodeId, _metrics, _logger));
        feed.Attach(follower.Publish);
        await Task.Run(() => follower.Start(end, stopping), stopping).ConfigureAwait(false);
        _follower = follower;
        BrokerLog.MetadataReplayed(_logger, end, follower.Image.EndOffset);
        _supervisor.RunThread("metadata", follower.Run);
        return follower;
    }

    private void Serve(ClusterController controller)
    {
        var admin = new BrokerAdmin(controller, _settings, _table, _directory, _options);
        Api = new BrokerApi(_directory.Identity.ClusterId, _options, _table, _services, admin, _producerIds);
        StartLoops(_time);
        _metrics.Observe(_table, () => controller.Image.EndOffset);
        TopicsImage topics = controller.Image.Topics;
        BrokerLog.Running(_logger, _options.NodeId.Value, topics.ById.Count, topics.PartitionCount, BrokerEpoch.Value);
    }

    private ReplicaFetcher NewFetcher(NodeId leader)
    {
        var fetcher = new ReplicaFetcher(_channels, leader, _options.NodeId, _identity, _logger);
        _supervisor.Run($"fetcher of {leader}", fetcher.RunAsync);
        return fetcher;
    }

    private BrokerStart StartOf(ImmutableArray<BrokerEndpoint> endpoints) => new()
    {
        Id = _options.NodeId,
        IncarnationId = Guid.NewGuid(),
        LogDirectoryId = _directory.Identity.DirectoryId,
        Endpoints = endpoints,
        Rack = _options.Rack,
        Features = FeatureControl.Supported,
        PreviousEpoch = _directory.CleanShutdownEpoch,
        SuspectPartitions =
        [
            .. _directory.Logs
                .Where(log => log.Recovery.SuspectReason is not null)
                .Select(log => new TopicPartition(log.TopicId, log.Partition)),
        ],
        LostPartitions = [.. _directory.Lost.Select(log => new LostPartition(log.Topic, log.Partition))],
    };

    private void StartLoops(TimeProvider time)
    {
        var retention = new Retention(_table, time, _timers, _logger);
        Every("retention", _options.RetentionCheckMs, retention.Run);
        Every("producer-expiry", _options.ProducerExpirationCheckMs, ExpireProducers);
        Every("checkpoints", _options.CheckpointMs, _directory.WriteCheckpoints);
        Every("disk-space", 1000, _services.Disk.Look);
        Every("deleted-files", 1000, () => _directory.RemoveDeleted(_services.WallMs));

        void Every(string name, int intervalMs, Action run) =>
            PeriodicLoop.Start(_supervisor, time, name, TimeSpan.FromMilliseconds(intervalMs), run);
    }

    /// <summary>G-3.9.</summary>
    private void ExpireProducers()
    {
        foreach (PartitionCell cell in _table.Cells)
        {
            cell.ExpireProducers(_services.WallMs);
        }
    }

    /// <summary>Gives requests that wait for a flush their answer while there is still somebody to give it.</summary>
    private void Settle()
    {
        foreach (PartitionCell cell in _table.Cells)
        {
            if (cell.WaitingProduces > 0)
            {
                cell.WithLog(log => log.Flush());
                cell.LogChanged();
            }
        }
    }

    private void Close(bool clean)
    {
        if (clean)
        {
            _directory.CloseCleanly(BrokerEpoch);
            BrokerLog.Stopped(_logger, _options.NodeId.Value);
        }
        else
        {
            _directory.Dispose();
        }
    }
}
