using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Replicas;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Rpc.Server;

namespace RaftStream.Quorum.Runtime;

/// <summary>A replica of the metadata quorum in a real process: one thread that owns it, one that flushes, and the network. Start once, stop once.</summary>
public sealed class QuorumNode : IAsyncDisposable
{
    private readonly QuorumNodeOptions _options;
    private readonly QuorumStore _store;
    private readonly QuorumPeers _peers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly NodeThread _thread;
    private readonly NodeThread _flusher;
    private readonly NodeHost _host;
    private readonly CancellationTokenSource _stopping = new();
    private readonly QuorumMetrics _metrics;
    private readonly TaskCompletionSource<string> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private QuorumReplica? _replica;
    private volatile RaftView? _view;
    private long _lastId;
    private bool _isStarted;
    private bool _isEnded;

    /// <param name="store">The replica's disk; owned from now on.</param>
    /// <param name="peers">Calls to others; owned from now on.</param>
    /// <param name="published">Told of each committed image on the node's thread, before answers that rest on it leave; must not block. The change is null after a snapshot.</param>
    public QuorumNode(
        QuorumNodeOptions options,
        QuorumStore store,
        QuorumPeers peers,
        TimeProvider time,
        ILoggerFactory? loggers = null,
        Action<PublishedChange?, MetadataImage>? published = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        _options = options;
        _store = store;
        _peers = peers;
        _time = time;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("RaftStream.Quorum");
        _thread = new NodeThread(time);
        _flusher = new NodeThread(time);
        _metrics = new QuorumMetrics(() => _view, () => IsActive);
        _host = new NodeHost(this, published ?? ((_, _) => { }), _metrics, _logger);
        _ = WatchAsync(_thread);
        _ = WatchAsync(_flusher);
    }

    /// <summary>What the whole cluster agrees on, as far as this node has applied it.</summary>
    public MetadataImage Committed => _host.Committed;

    /// <summary>The node as it was after its last step; null before the start.</summary>
    public RaftView? View => _view;

    /// <summary>Who leads, as this node knows, and where; <see cref="NodeId.None"/> when it knows of nobody.</summary>
    public (NodeId Id, LeaderEpoch Epoch, RaftEndpoint? Endpoint) Leader => _host.Leader;

    /// <summary>The cluster that the node's folder belongs to.</summary>
    public Guid ClusterId => _store.Identity.ClusterId;

    /// <summary>The cluster of the controllers that answer, when it is another one than the folder's; null otherwise.</summary>
    public Guid? OtherCluster => Leader.Id == NodeId.None ? _peers.OtherCluster : null;

    /// <summary>What to tell somebody who looks for the leader while none is known.</summary>
    public string WhyNoLeader => OtherCluster is { } other
        ? $"The controllers that answer belong to cluster {other}, this folder to cluster {ClusterId}: check quorum.bootstrap.servers and data.dir."
        : "No leader of the metadata quorum is known now: a majority of the controllers must run and reach each other.";

    /// <summary>True while the controller on this node is the active one.</summary>
    public bool IsActive => _host.IsActive;

    /// <summary>Completes with the reason when the node has failed and the process must stop (C-1.4); never otherwise.</summary>
    public Task<string> Failure => _failure.Task;

    /// <summary>Starts the threads; peers may call from now on. The only voter leads when the task completes.</summary>
    public async Task StartAsync()
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _isStarted = true;
        _flusher.Start("quorum-flush", () => long.MaxValue, () => { });
        _thread.Post(() =>
        {
            try
            {
                _replica = new QuorumReplica(Parts(), _thread.NowMs, WallMs);
                Stepped();
                started.SetResult();
            }
            catch (Exception exception)
            {
                started.SetException(exception);
                throw;
            }
        });
        _thread.Start("quorum", () => _replica?.NextDeadlineMs ?? long.MaxValue, () => Run(replica => replica.TimePassed(_thread.NowMs, WallMs)));
        await started.Task.ConfigureAwait(false);
    }

    /// <summary>Serves peers and tools.</summary>
    public RpcServices AddTo(RpcServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Add(Internal.V1.Quorum.BindService(new QuorumService(AskAsync, ClusterId)), Internal.V1.Quorum.Descriptor);
    }

    /// <summary>Asks the controller on this node; NOT_CONTROLLER when it is not the active one, and then the outcome is unknown (C-14.4).</summary>
    /// <exception cref="QuorumStoppedException">The node stops.</exception>
    public Task<(object? Response, OperationError? Error)> SubmitAsync(ControllerOperation operation)
    {
        // Known to the host before the thread is: whatever ends the thread then, this caller hears of it.
        long id = Interlocked.Increment(ref _lastId);
        Task<(object? Response, OperationError? Error)> answer = _host.AwaitAnswerAsync(id);
        if (!_thread.Post(() => Run(replica => replica.Submit(id, operation, _thread.NowMs, WallMs))))
        {
            _host.Forget(id);
            throw Stopped();
        }

        return answer;
    }

    /// <summary>Asks the node as a peer or a tool would.</summary>
    /// <exception cref="QuorumStoppedException">The node stops.</exception>
    public async Task<QuorumReply> AskAsync(RaftRequest request, CancellationToken cancellationToken)
    {
        long token = Interlocked.Increment(ref _lastId);
        TaskCompletionSource<QuorumReply> reply = _host.AwaitReply(token);
        if (!_thread.Post(() => Run(replica => replica.Step(new RaftEvent.RequestArrived(token, request), _thread.NowMs, WallMs))))
        {
            _host.Forget(token);
            throw Stopped();
        }

        using CancellationTokenRegistration gone = cancellationToken.Register(() => _thread.Post(() =>
        {
            if (_host.Forget(token))
            {
                Run(replica => replica.Step(new RaftEvent.RequestAbandoned(token), _thread.NowMs, WallMs));
                reply.TrySetCanceled(cancellationToken);
            }
        }));
        return await reply.Task.ConfigureAwait(false);
    }

    /// <summary>The connection that carries a broker's heartbeats closed .</summary>
    public void BrokerDisconnected(NodeId broker) =>
        _thread.Post(() => Run(replica => replica.BrokerDisconnected(broker, _thread.NowMs, WallMs)));

    /// <summary>Hands leadership over, flushes and closes (C-8.7). After a failure it only lets go.</summary>
    public async Task StopAsync()
    {
        if (_replica is not null && !_failure.Task.IsCompleted
            && _thread.Post(() => Run(replica => replica.Step(new RaftEvent.ShutdownRequested(), _thread.NowMs, WallMs))))
        {
            await Task.WhenAny(_host.HandedOver, _thread.Ended).ConfigureAwait(false);
        }

        await EndAsync(clean: !_failure.Task.IsCompleted).ConfigureAwait(false);
    }

    /// <summary>Lets go as a crash would. Does nothing after <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await EndAsync(clean: false).ConfigureAwait(false);

    /// <summary>Starts the flush of what is appended by now.</summary>
    internal void StartFlush() => _flusher.Post(() =>
    {
        long began = _time.GetTimestamp();
        Offset end = _store.Flush();
        _metrics.Flushed(_time.GetElapsedTime(began));
        _thread.Post(() => Run(replica => replica.Step(new RaftEvent.LogFlushed(end), _thread.NowMs, WallMs)));
    });

    /// <summary>Sends a request; what comes of it is an event.</summary>
    internal void Send(long correlationId, NodeId node, RaftEndpoint endpoint, RaftRequest request) =>
        _ = SendAsync(correlationId, node, endpoint, request);

    private async Task SendAsync(long correlationId, NodeId node, RaftEndpoint endpoint, RaftRequest request)
    {
        try
        {
            (RaftResponse? response, bool isLost) = await _peers.CallAsync(endpoint, request, _stopping.Token).ConfigureAwait(false);
            _thread.Post(() => Run(replica =>
            {
                replica.Step(
                    response is null ? new RaftEvent.RequestFailed(correlationId) : new RaftEvent.ResponseArrived(correlationId, response),
                    _thread.NowMs,
                    WallMs);
                if (isLost && node != NodeId.None)
                {
                    replica.Step(new RaftEvent.ConnectionLost(node), _thread.NowMs, WallMs);
                }
            }));
        }
        catch (OperationCanceledException)
        {
            // The node stops: nobody waits for the answer.
        }
#pragma warning disable CA1031 // A bug in the transport: the node must not go on as if nothing were.
        catch (Exception exception)
        {
            Fail(exception);
        }
#pragma warning restore CA1031
    }

    private long WallMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private QuorumReplicaParts Parts() => new()
    {
        Start = new RaftStart
        {
            ClusterId = _store.Identity.ClusterId,
            Local = new ReplicaKey(_store.Identity.NodeId, _store.Identity.DirectoryId),
            Endpoint = _options.Endpoint,
            BootstrapServers = _options.BootstrapServers,
            State = _store.State,
            Log = _store.Recovered,
            Options = _options.Raft,
        },
        Store = _store,
        Controller = _options.Controller,
        Host = _host,
        Prng = new Prng(_options.Seed ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)))),
        Upkeep = _options.Upkeep,
    };

    private void Run(Action<QuorumReplica> action)
    {
        if (_replica is { } replica)
        {
            action(replica);
            Stepped();
        }
    }

    private void Stepped()
    {
        _view = _replica!.Node.View;
        _host.IsActive = _replica.Controller.ActiveEpoch is not null;
        _host.Committed = _replica.Controller.Committed;
    }

    private async Task WatchAsync(NodeThread thread)
    {
        try
        {
            await thread.Ended.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever ended the thread, the process stops and says why (C-1.4).
        catch (Exception exception)
        {
            Fail(exception);
        }
#pragma warning restore CA1031
    }

    private void Fail(Exception exception)
    {
        if (_failure.TrySetResult($"the metadata quorum failed: {exception.Message}"))
        {
            QuorumLog.Failed(_logger, exception);
            _thread.Close();
            _flusher.Close();
            _host.FailAll(Stopped());
        }
    }

    private async Task EndAsync(bool clean)
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;

        await _stopping.CancelAsync().ConfigureAwait(false);
        await CloseAsync(_flusher).ConfigureAwait(false);
        await CloseAsync(_thread).ConfigureAwait(false);
        _host.FailAll(Stopped());
        await _peers.DisposeAsync().ConfigureAwait(false);
        if (clean && _replica is not null && !_failure.Task.IsCompleted)
        {
            _replica.CloseCleanly();
        }
        else
        {
            _store.Dispose();
        }

        _metrics.Dispose();
        _thread.Dispose();
        _flusher.Dispose();
        _stopping.Dispose();
    }

    private async Task CloseAsync(NodeThread thread)
    {
        thread.Close();
        if (_isStarted)
        {
            await Task.WhenAny(thread.Ended).ConfigureAwait(false); // how it ended was reported already
        }
    }

    private static QuorumStoppedException Stopped() => new("This node is stopping; what was asked may have been done. Ask another one.");
}
