using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Replicas;
using RaftStream.Metadata.Images;
using RaftStream.Quorum.Runtime;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker;

/// <summary>The options of a node are wrong; <see cref="Exception.Message"/> lists everything at once.</summary>
public sealed class BrokerOptionsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    /// <summary>One sentence per mistake.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}

/// <summary>One broker: its data folder, metadata, partitions and loops. Start it once, stop it once.</summary>
public sealed class BrokerNode : IAsyncDisposable
{
    private readonly BrokerOptions _options;
    private readonly IFileSystem _fileSystem;
    private readonly BrokerCluster? _cluster;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<string> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
#pragma warning disable CA2213 // Holds nothing to dispose of as long as nobody asks for its wait handle; Dispose may be called twice.
    private readonly SemaphoreSlim _changing = new(1, 1);
#pragma warning restore CA2213
    private volatile BrokerState _state;
    private volatile BrokerApi? _api;
    private BrokerParts? _parts;
    private volatile string? _failureReason;

    /// <summary>Prepares a node; nothing is touched before <see cref="StartAsync"/>.</summary>
    /// <param name="time">The clock; null is the system's.</param>
    /// <param name="cluster">The cluster that it is part of; null is a cluster of its own.</param>
    /// <exception cref="BrokerOptionsException">The options are wrong.</exception>
    public BrokerNode(
        BrokerOptions options,
        IFileSystem fileSystem,
        TimeProvider? time = null,
        ILoggerFactory? loggerFactory = null,
        BrokerCluster? cluster = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(fileSystem);
        IReadOnlyList<string> problems = options.Problems();
        if (problems.Count > 0)
        {
            throw new BrokerOptionsException(problems);
        }

        _options = options with { Seed = options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) };
        _fileSystem = fileSystem;
        _cluster = cluster;
        _time = time ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("RaftStream.Broker");
    }

    /// <summary>Where the node stands.</summary>
    public BrokerState State => _state;

    /// <summary>What the node serves; null unless it is running.</summary>
    public BrokerApi? Api => _api;

    /// <summary>The replica of the metadata log beside this broker, and the way to the controller; null unless it is running.</summary>
    public (QuorumNode Quorum, ControllerGateway Gateway)? Control => _api is null ? null : _parts?.Control;

    /// <summary>Another broker follows what this one leads; null while nothing is known of partitions here.</summary>
    internal FollowerSession? NewFollowerSession() => _state is BrokerState.Starting or BrokerState.Running ? _parts?.NewFollowerSession() : null;

    /// <summary>Completes with the reason when a part fails and the node stops serving; never otherwise.</summary>
    public Task<string> Failure => _failure.Task;

    /// <summary>Why the node does not serve, for health checks; null when it does.</summary>
    public string? NotReadyReason => _state switch
    {
        BrokerState.Running => _parts?.Session switch
        {
            { IsLost: true } => "the controller does not answer this broker's heartbeats",
            { IsFenced: true, WantFence: true } => "fenced: free disk space is below min.free.bytes; other brokers lead until there is room",
            { IsFenced: true } => "fenced: the controller gives this broker nothing to lead",
            _ => null,
        },
        BrokerState.Created => "not started",
        BrokerState.Starting => _cluster is { Quorum.Leader.Id.Value: < 0 }
            ? "no leader of the metadata quorum is known: a majority of the controllers must run and reach each other"
            : "recovering logs and replaying metadata",
        BrokerState.Stopping => "stopping",
        BrokerState.Stopped => "stopped",
        _ => _failureReason ?? "failed to start",
    };

    /// <summary>Formats the folder if it is new, recovers, registers, and serves when the task completes.</summary>
    /// <param name="endpoints">Where clients reach this node; they are told so in metadata.</param>
    /// <exception cref="StorageException">The folder is locked, read-only, of another node, or broken; nothing is held then.</exception>
    /// <exception cref="BrokerRefusedException">The cluster's controller will not have it.</exception>
    public async Task StartAsync(ImmutableArray<BrokerEndpoint> endpoints, CancellationToken cancellationToken = default)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_state != BrokerState.Created)
            {
                throw new InvalidOperationException($"The node is {_state}; a node is started once.");
            }

            _state = BrokerState.Starting;
            _parts = await Task.Run(() => BrokerParts.StartAsync(_options, _fileSystem, _time, _logger, endpoints, _cluster, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            _api = _parts.Api;
            _state = BrokerState.Running;
            _ = WatchAsync(_parts);
        }
        catch (Exception) when (_state == BrokerState.Starting)
        {
            _state = BrokerState.Failed;
            throw;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Flushes and closes everything, so that the next start need not recover. Waiting requests are answered first.</summary>
    /// <remarks>After a failure it only lets go of the folder, as a crash would.</remarks>
    public Task StopAsync() => EndAsync(clean: true);

    /// <summary>Lets go of the folder as a crash would: nothing is flushed. Does nothing after <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await EndAsync(clean: false).ConfigureAwait(false);

    private async Task EndAsync(bool clean)
    {
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            _api = null;
            BrokerParts? parts = _parts;
            if (parts is null)
            {
                return;
            }

            _parts = null;
            bool failed = _state == BrokerState.Failed;
            _state = failed ? BrokerState.Failed : BrokerState.Stopping;
            await parts.StopAsync(clean && !failed).ConfigureAwait(false);
            if (!failed)
            {
                _state = BrokerState.Stopped;
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task WatchAsync(BrokerParts parts)
    {
        string reason = await parts.Failure.ConfigureAwait(false);
        _failureReason = reason;
        _state = BrokerState.Failed;
        _api = null;
        _failure.TrySetResult(reason);
    }
}
