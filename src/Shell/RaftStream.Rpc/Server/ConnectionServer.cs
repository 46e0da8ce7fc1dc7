using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Rpc.Server.Hosting;

namespace RaftStream.Rpc.Server;

/// <summary>One port whose connections speak a protocol of their own.</summary>
/// <param name="EndPoint">Where to listen; port 0 takes a free one.</param>
/// <param name="Certificate">Serves TLS with this certificate (with its private key); null serves cleartext.</param>
/// <param name="Serve">Has the connection until its task completes; it is closed then. Over TLS, too, a flush fails once the peer is gone.</param>
/// <param name="TellNoTls">Is told of clients with whom TLS does not begin; their connections are closed after it returns.</param>
public sealed record ConnectionListener(IPEndPoint EndPoint, X509Certificate2? Certificate, ConnectionDelegate Serve, Action<ConnectionContext, TlsFailure>? TellNoTls = null);

/// <summary>Why TLS did not begin with a client.</summary>
public enum TlsFailure
{
    /// <summary>The client's first byte is of another protocol.</summary>
    Cleartext,

    /// <summary>The client began with TLS, and then one side would not go on.</summary>
    Handshake,
}

/// <summary>Ports of a protocol other than HTTP: the same Kestrel, memory blocks and limits as <see cref="RpcServer"/>.</summary>
/// <remarks>
/// Connections are served where their bytes were received: on a thread of the pool, but without two more changes of threads for each request,
/// which cost more than a small request itself. While one is served, what its peer sends waits in the socket.
/// </remarks>
public sealed class ConnectionServer : IAsyncDisposable
{
    private readonly IReadOnlyList<ConnectionListener> _listeners;
    private readonly TimeSpan _handshakeTimeout;
    private readonly List<ListenOptions> _bound = [];
    private readonly ServiceProvider _provider;
    private readonly IServer _kestrel;
    private ImmutableArray<IPEndPoint> _endPoints;

    /// <summary>Prepares a server; nothing listens before <see cref="StartAsync"/>.</summary>
    public ConnectionServer(IReadOnlyList<ConnectionListener> listeners, RpcServerLimits limits, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(listeners);
        ArgumentNullException.ThrowIfNull(limits);
        _listeners = listeners;
        _handshakeTimeout = limits.HandshakeTimeout;
        (_provider, _kestrel) = KestrelFactory.Create(
            limits, new BlockMemoryPool(limits.MemoryBlockBytes), loggerFactory ?? NullLoggerFactory.Instance, Listen, servesWhereReceived: true);
    }

    /// <summary>Where the listeners are bound, in their order; after <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints =>
        _endPoints.IsDefault ? throw new InvalidOperationException("The server has not started.") : _endPoints;

    /// <summary>Binds all ports.</summary>
    /// <exception cref="IOException">A port is in use or may not be bound; the message says which, and nothing listens.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _kestrel.StartAsync(new NoHttp(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            throw new IOException($"{exception.Message} (listeners: {string.Join(", ", _listeners.Select(l => l.EndPoint))})", exception);
        }

        _endPoints = [.. _bound.Select(listener => listener.IPEndPoint!)];
    }

    /// <summary>Takes no new connections, waits for those that are open until the token says so, then cuts them.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _kestrel.StopAsync(cancellationToken);

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _provider.DisposeAsync().ConfigureAwait(false);
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        foreach (ConnectionListener listener in _listeners)
        {
            kestrel.Listen(listener.EndPoint, listen =>
            {
                _bound.Add(listen);
                listen.Protocols = HttpProtocols.Http1; // says nothing of other protocols in TLS
                if (listener.Certificate is { } certificate)
                {
                    var gate = new TlsGate(_handshakeTimeout, listener.TellNoTls ?? ((_, _) => { }));
                    listen.Use(next => connection => gate.RunAsync(connection, next));
                    listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificate });
                }

                listen.Run(connection =>
                {
                    TlsGate.NotePassed(connection);
                    return listener.Serve(connection);
                });
            });
        }
    }

    private sealed class NoHttp : IHttpApplication<IFeatureCollection>
    {
        public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

        public Task ProcessRequestAsync(IFeatureCollection context) => Task.CompletedTask;

        public void DisposeContext(IFeatureCollection context, Exception? exception)
        {
        }
    }
}
