using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using RaftStream.Broker;
using RaftStream.Kafka.Connections;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Rpc.Server;

namespace RaftStream.Kafka;

/// <summary>The Kafka door of a broker: its listeners and the connections to them.</summary>
public sealed class KafkaDoor : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    // Bytes received ahead of the reader: enough to receive while a batch is appended, little enough for thousands of connections.
    private const int ReadAheadBytes = 256 << 10;

    private readonly CancellationTokenSource _closing = new();
    private readonly ConnectionTable _connections;
    private readonly SlowSenders _slowSenders;
    private readonly DoorParts _parts;
    private readonly ConnectionServer _server;
    private readonly IReadOnlyList<KafkaListener> _listeners;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private Task _watch = Task.CompletedTask;

    /// <summary>Prepares a door; nothing listens before <see cref="StartAsync"/>.</summary>
    /// <param name="broker">Serves the requests; connections are closed while it does not run.</param>
    /// <param name="cluster">The metadata quorum; null does not serve what asks it.</param>
    /// <param name="listeners">At least one, with names that differ.</param>
    public KafkaDoor(
        BrokerNode broker,
        KafkaClusterAccess? cluster,
        IReadOnlyList<KafkaListener> listeners,
        KafkaLimits limits,
        ILoggerFactory loggerFactory,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        _listeners = listeners;
        _time = time ?? TimeProvider.System;
        _logger = loggerFactory.CreateLogger("RaftStream.Kafka");
        _connections = new ConnectionTable(limits);
        RequestMemory = new RequestMemory(limits.MaxReceivingBytes);
        AnswerMemory = new MemoryBudget(limits.MaxUnsentBytes);
        _parts = new DoorParts
        {
            Broker = broker,
            Apis = ServedByHandlers.Create(cluster),
            Limits = limits,
            ReaderLimits = new KafkaReaderLimits { MaxElements = limits.MaxElements },
            RequestMemory = RequestMemory,
            AnswerMemory = AnswerMemory,
            Metrics = new KafkaMetrics(() => _connections.Count, () => RequestMemory.Taken, () => AnswerMemory.Taken),
            Log = new ClientLog(_logger),
            Closing = _closing.Token,
        };
        _slowSenders = new SlowSenders(_connections, limits, _logger);
        _server = new ConnectionServer(
            [
                .. listeners.Select(listener => new ConnectionListener(
                    listener.EndPoint,
                    listener.Certificate,
                    connection => ServeAsync(listener, connection),
                    (connection, failure) => RefuseTls(listener, connection, failure))),
            ],
            new RpcServerLimits { MaxConnections = limits.MaxConnections, ReadBufferBytes = ReadAheadBytes },
            loggerFactory);
    }

    /// <summary>Where the listeners are bound, in their order; after <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => _server.EndPoints;

    /// <summary>Connections that are open.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Memory of requests.</summary>
    internal RequestMemory RequestMemory { get; }

    /// <summary>Memory of answers.</summary>
    internal MemoryBudget AnswerMemory { get; }

    /// <summary>Binds the ports and takes connections from then on.</summary>
    /// <exception cref="IOException">A port is in use or may not be bound; the message says which, and nothing listens.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < _listeners.Count; i++)
        {
            KafkaLog.Listens(_logger, _listeners[i].Name, _server.EndPoints[i]);
        }

        _watch = WatchAsync();
    }

    /// <summary>Closes the ports and all connections. Stop the broker first: then waiting requests are answered.</summary>
    public async Task StopAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
#pragma warning disable VSTHRD003 // Started here, and ended above.
        await _watch.ConfigureAwait(false);
#pragma warning restore VSTHRD003
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        _parts.Metrics.Dispose();
        _closing.Dispose();
    }

    private async Task ServeAsync(KafkaListener listener, ConnectionContext context)
    {
        using var connection = new KafkaConnection(_parts, listener, context);
        if (_connections.TryAdd(connection) is { } reason)
        {
            _parts.Metrics.Closed("limit");
            _parts.Log.Refused(ClientAddress.Of(context.RemoteEndPoint), reason);
            return;
        }

        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _connections.Remove(connection);
        }
    }

    private void RefuseTls(KafkaListener listener, ConnectionContext context, TlsFailure failure)
    {
        _parts.Metrics.Closed("tls");
        _parts.Log.NoTls(ClientAddress.Of(context.RemoteEndPoint), listener.Name, failure);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(LookInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_closing.Token).ConfigureAwait(false))
            {
                _connections.CutQuietOnes();
                _parts.Log.TellLeftOut();
                _connections.CutWhoDoesNotRead(AnswerMemory.Missing, static connection => connection.AnswerBytes);
                long missing = _slowSenders.CutWhenWanted(RequestMemory.Missing);
                _connections.CutWhoDoesNotRead(missing, static connection => connection.RequestBytes);
            }
        }
        catch (OperationCanceledException)
        {
            // closing
        }
    }
}
