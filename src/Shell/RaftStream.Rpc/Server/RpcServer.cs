using System.Collections.Immutable;
using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftStream.Rpc.Server.Builtin;
using RaftStream.Rpc.Server.Hosting;
using HealthV1 = RaftStream.Rpc.Server.Builtin.HealthV1;
using ReflectionV1 = RaftStream.Rpc.Server.Builtin.ReflectionV1;

namespace RaftStream.Rpc.Server;

/// <summary>gRPC and plain HTTP ports of one process, on Kestrel without a host or a middleware pipeline.</summary>
public sealed class RpcServer : IAsyncDisposable
{
    // For the last words to calls that are cut off: their status reaches the client before its connection closes.
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    private readonly RpcServerOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopCalls = new();
    private readonly CancellationTokenSource _hurry = new();
    private readonly List<ListenOptions> _bound = [];
    private readonly RpcApplication _application;
    private readonly ServiceProvider _provider;
    private readonly IServer _kestrel;
    private ImmutableArray<IPEndPoint> _endPoints;
    private Task? _stopped;
    private bool _disposed;

    /// <summary>Prepares a server; nothing listens before <see cref="StartAsync"/>.</summary>
    public RpcServer(RpcServerOptions options, RpcServices services, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        loggerFactory ??= NullLoggerFactory.Instance;
        _options = options;
        _logger = loggerFactory.CreateLogger("RaftStream.Rpc");
        Memory = new BlockMemoryPool(options.Limits.MemoryBlockBytes);
        _application = new RpcApplication(services.Build(OwnServices(services)), options, _logger, _stopCalls.Token);
        (_provider, _kestrel) = KestrelFactory.Create(options.Limits, Memory, loggerFactory, Listen);
    }

    /// <summary>Health of this server, served as <c>grpc.health.v1.Health</c>. NOT_SERVING until told otherwise.</summary>
    public RpcHealth Health { get; } = new();

    /// <summary>Where the listeners are bound, in the order of the options; after <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints =>
        _endPoints.IsDefault ? throw new InvalidOperationException("The server has not started.") : _endPoints;

    /// <summary>The pool behind all pipes; tests hold it against leaks.</summary>
    internal BlockMemoryPool Memory { get; }

    /// <summary>Binds all ports and answers from then on.</summary>
    /// <exception cref="IOException">A port is in use or may not be bound; the message says which, and nothing listens.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _kestrel.StartAsync(_application, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            throw new IOException($"{exception.Message} (listeners: {string.Join(", ", _options.Listeners.Select(l => l.EndPoint))})", exception);
        }

        _endPoints = [.. _bound.Select(listener => listener.IPEndPoint!)];
    }

    /// <summary>Takes no new calls, lets running ones end until the token says so, then cancels and closes them.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _stopped ??= StopCoreAsync(cancellationToken);

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _hurry.CancelAsync().ConfigureAwait(false);
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _provider.DisposeAsync().ConfigureAwait(false);
        _stopCalls.Dispose();
        _hurry.Dispose();
    }

    /// <summary>Health and reflection.</summary>
    private RpcServices OwnServices(RpcServices services)
    {
        var own = new RpcServices().Add(HealthV1.Health.BindService(new HealthService(Health)), HealthV1.Health.Descriptor);
        if (_options.Reflection)
        {
            var reflection = new ReflectionService(new ReflectionIndex(
                [.. services.Descriptors, .. own.Descriptors, ReflectionV1.ServerReflection.Descriptor]));
            own.Add(ReflectionV1.ServerReflection.BindService(reflection));
            own.Add(ServerServiceDefinition.CreateBuilder().AddMethod(ReflectionService.AlphaMethod, reflection.ServerReflectionInfo).Build());
        }

        return own;
    }

    private async Task StopCoreAsync(CancellationToken cancellationToken)
    {
        _application.RefusesCalls = true;
        Health.Close();
        using var abortConnections = new CancellationTokenSource();
        Task closed = _kestrel.StopAsync(abortConnections.Token);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _hurry.Token);
        await Task.WhenAny(closed, Task.Delay(Timeout.InfiniteTimeSpan, patience.Token)).ConfigureAwait(false);

        if (!closed.IsCompleted)
        {
            await _stopCalls.CancelAsync().ConfigureAwait(false);
            abortConnections.CancelAfter(Farewell);
        }

        await closed.ConfigureAwait(false);
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        var gate = new ConnectionGate(_options.Limits.HandshakeTimeout, _logger);
        foreach (RpcListener listener in _options.Listeners)
        {
            kestrel.Listen(listener.EndPoint, listen =>
            {
                _bound.Add(listen);
                if (listener.Certificate is not null)
                {
                    listen.UseHttps(TlsOf(listener));
                }

                if (listener.HttpHandler is { } handler)
                {
                    var feature = new PlainHttpFeature(handler);
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection =>
                    {
                        connection.Features.Set(feature);
                        return next(connection);
                    });
                }
                else
                {
                    listen.Protocols = HttpProtocols.Http2;
                    listen.Use(next => connection => gate.RunAsync(connection, next));
                }
            });
        }
    }

    private static HttpsConnectionAdapterOptions TlsOf(RpcListener listener)
    {
        var tls = new HttpsConnectionAdapterOptions { ServerCertificate = listener.Certificate };
        if (listener.ClientAuthorities is { } authorities)
        {
            tls.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            tls.ClientCertificateValidation = (certificate, _, _) => Authorities.Signed(certificate, authorities);
        }

        return tls;
    }
}
