using System.Net;
using Microsoft.Extensions.Logging;

namespace RaftStream.Rpc.Server;

/// <summary>gRPC and plain HTTP ports of one process, on Kestrel without a host or a middleware pipeline.</summary>
public sealed class RpcServer : IAsyncDisposable
{
    /// <summary>Prepares a server; nothing listens before <see cref="StartAsync"/>.</summary>
    public RpcServer(RpcServerOptions options, RpcServices services, ILoggerFactory? loggerFactory = null) =>
        throw new NotSupportedException();

    /// <summary>Health of this server, served as <c>grpc.health.v1.Health</c>. NOT_SERVING until told otherwise.</summary>
    public RpcHealth Health => throw new NotSupportedException();

    /// <summary>Where the listeners are bound, in the order of the options; after <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => throw new NotSupportedException();

    /// <summary>Binds all ports and answers from then on.</summary>
    /// <exception cref="IOException">A port is in use or may not be bound; the message says which, and nothing listens.</exception>
    public Task StartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Takes no new calls, lets running ones end until the token says so, then cancels and closes them.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Stops at once.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
