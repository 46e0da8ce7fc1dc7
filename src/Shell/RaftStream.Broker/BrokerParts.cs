using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using RaftStream.Broker.Admin;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Threads;
using RaftStream.Broker.Upkeep;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker;

/// <summary>The parts of one started node, made in the order of and taken apart in reverse.</summary>
internal sealed class BrokerParts : IAsyncDisposable
{
    /// <summary>Id of the metadata log's own topic; Kafka's.</summary>
    private static readonly TopicId MetadataTopicId = new(new Guid("00000000-0000-0000-0000-000000000001"));

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
    private MetadataFollower? _follower;
    private BrokerCluster? _cluster;

    private BrokerParts(BrokerOptions options, LogDirectory directory, Supervisor supervisor, TimeProvider time, ILogger logger)
    {
        _time = time;
        _options = options;
        _logger = logger;
        _directory = directory;
        _supervisor = supervisor;
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
        _keeper = new PartitionKeeper(_services, directory, _table, options.TopicDefaults, options.Limits);
    }

    public BrokerApi Api { get; private set; } = null!;

    /// <summary>This incarnation's registration.</summary>
    public BrokerEpoch BrokerEpoch { get; private set; }

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
        try
        {
            CheckOwner(options, directory.Identity);
            BrokerLog.Starting(logger, options.NodeId.Value, directory.Identity.ClusterId, options.DataDirectory);
            ReportRecovery(directory, logger);
            var parts = new BrokerParts(options, directory, supervisor, time, logger);
            if (cluster is null)
            {
                parts.StartAlone(endpoints);
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
        await Task.Run(() => Close(clean && !_supervisor.HasFailed)).ConfigureAwait(false);
        _follower?.Dispose();
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
    }

    /// <summary>Finds the metadata log, or makes it in a folder that holds nothing else.</summary>
    private static PartitionLog FindMetadataLog(LogDirectory directory)
    {
        var options = new LogOptions { Flush = FlushMode.Commit, RetentionMs = -1, RetentionBytes = -1, SegmentMs = long.MaxValue };
        if (directory.Find(TopicControl.MetadataTopic, 0) is { } found)
        {
            if (found.Recovery.SuspectReason is { } reason)
            {
                // C-13: nobody else has what is gone; going on would forget topics and give out epochs twice.
                throw new StorageException(StorageErrorKind.Corrupt, $"The metadata log has lost records that were on disk once: {reason} Restore the folder from a backup.");
            }

            found.UpdateOptions(options);
            return found;
        }

        if (directory.Logs.Count > 0)
        {
            throw new StorageException(
                StorageErrorKind.Missing,
                $"The data folder holds {directory.Logs.Count} partition logs but no metadata log ({TopicControl.MetadataTopic}-0), so nobody knows what they are. Restore that folder from a backup.");
        }

        return directory.Create(TopicControl.MetadataTopic, 0, MetadataTopicId, options);
    }

    private void StartAlone(ImmutableArray<BrokerEndpoint> endpoints)
    {
        PartitionLog metadataLog = FindMetadataLog(_directory);
        bool applies = false;
        var loop = new ControllerLoop(
            new SingleVoterMetadataLog(metadataLog, _time),
            _options.Limits.MaxQueuedControllerOperations,
            (delta, image) =>
            {
                if (applies)
                {
                    _keeper.Apply(delta, image);
                }
            });
        long records = loop.Replay();
        BrokerLog.MetadataReplayed(_logger, records, loop.Image.EndOffset);

        BrokerEpoch = RegisterAlone(loop, endpoints);
        _keeper.Reconcile(loop.Image, metadataLog);
        applies = true; // from here on the image is newer than this incarnation's registration

        _supervisor.RunThread("controller", loop.Run);
        var limits = new ControllerOptions { ClusterId = _directory.Identity.ClusterId };
        Serve(new LocalController(loop, new ControllerDesk(_settings, limits, _prng), limits));
    }

    /// <summary>R-17.1: logs first, then the registration, then everything that the metadata says, and only then leaderships.</summary>
    private async Task StartInClusterAsync(BrokerCluster cluster, ImmutableArray<BrokerEndpoint> endpoints, CancellationToken cancellationToken)
    {
        _cluster = cluster;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _supervisor.Stopping);
        var follower = new MetadataFollower(_keeper);
        _follower = follower;
        cluster.Feed.Attach(follower.Publish);
        TimeSpan heartbeat = TimeSpan.FromMilliseconds(cluster.HeartbeatMs);
        var session = new BrokerSession(cluster.Gateway.AskAsync, cluster.Gateway.AskOnceAsync, () => follower.Image.EndOffset, _time, _logger);

        (BrokerEpoch, long end) = await session.RegisterAsync(cluster.ClusterId, StartOf(endpoints), heartbeat, stopping.Token).ConfigureAwait(false);
        await Task.Run(() => follower.Start(end, stopping.Token), stopping.Token).ConfigureAwait(false);
        BrokerLog.MetadataReplayed(_logger, end, follower.Image.EndOffset);
        _supervisor.RunThread("metadata", follower.Run);
        _supervisor.Run("heartbeats", token => session.BeatAsync(heartbeat, token));
        Task<string> failed = Failure;
        if (await Task.WhenAny(session.Unfenced, failed).WaitAsync(stopping.Token).ConfigureAwait(false) == failed)
        {
            throw new BrokerRefusedException(ErrorCode.InvalidRegistration, await failed.ConfigureAwait(false));
        }

        Session = session;
        Serve(new ClusterController(cluster.Gateway, follower));
    }

    private void Serve(IBrokerController controller)
    {
        var admin = new BrokerAdmin(controller, _settings, _table, _options);
        Api = new BrokerApi(_directory.Identity.ClusterId, _options, _table, _services, admin);
        StartLoops(_time);
        _metrics.Observe(_table, () => controller.Image.EndOffset);
        TopicsImage topics = controller.Image.Topics;
        BrokerLog.Running(_logger, _options.NodeId.Value, topics.ById.Count, topics.PartitionCount, BrokerEpoch.Value);
    }

    private BrokerEpoch RegisterAlone(ControllerLoop loop, ImmutableArray<BrokerEndpoint> endpoints)
    {
        loop.RunNow(FeatureControl.Bootstrap);
        BrokerStart start = StartOf(endpoints);
        loop.RunNow(image => BrokerControl.Register(image, start));
        BrokerEpoch epoch = loop.Image.Brokers.ById[_options.NodeId].Epoch;
        OperationError? error = loop.RunNow(image => BrokerControl.Unfence(image, _options.NodeId, epoch));
        Invariant.Check(error is null);
        return epoch;
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
    };

    private void StartLoops(TimeProvider time)
    {
        var retention = new Retention(_table, time, _timers, _logger);
        Every("retention", _options.RetentionCheckMs, retention.Run);
        Every("checkpoints", _options.CheckpointMs, _directory.WriteCheckpoints);
        Every("disk-space", 1000, _services.Disk.Look);
        Every("deleted-files", 1000, () => _directory.RemoveDeleted(_services.WallMs));

        void Every(string name, int intervalMs, Action run) =>
            PeriodicLoop.Start(_supervisor, time, name, TimeSpan.FromMilliseconds(intervalMs), run);
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
