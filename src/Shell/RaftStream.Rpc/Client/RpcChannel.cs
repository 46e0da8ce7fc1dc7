using System.Net;
using Grpc.Core;

namespace RaftStream.Rpc.Client;

/// <summary>Calls to one server over the framework's HTTP/2 client; connects at the first call and again when the connection is lost.</summary>
/// <remarks>Thread-safe; make one per server and share it.</remarks>
public sealed class RpcChannel : ChannelBase, IAsyncDisposable
{
    private readonly HttpTransport _transport;
    private readonly HttpCallInvoker _invoker;

    private RpcChannel(Uri address, RpcChannelOptions options)
        : base(address.GetLeftPart(UriPartial.Authority))
    {
        _transport = new HttpTransport(address, options, CreateHandler(options));
        _invoker = new HttpCallInvoker(_transport);
    }

    /// <summary>A channel to <c>http://host:port</c> (cleartext, also without the scheme) or <c>https://host:port</c>.</summary>
    /// <exception cref="ArgumentException">The address has another form.</exception>
    public static RpcChannel ForAddress(string address, RpcChannelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        string withScheme = address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}";
        if (!Uri.TryCreate(withScheme, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri.PathAndQuery != "/")
        {
            throw new ArgumentException($"\"{address}\" is not an address of a server: host:port, http://host:port or https://host:port.", nameof(address));
        }

        return new RpcChannel(uri, options ?? new RpcChannelOptions());
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => _invoker;

    /// <summary>Cancels running calls and closes the connections.</summary>
    public async ValueTask DisposeAsync() => await ShutdownAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    protected override Task ShutdownAsyncCore() => _transport.DisposeAsync().AsTask();

    private static SocketsHttpHandler CreateHandler(RpcChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = options.StreamWindowBytes,
            ConnectTimeout = options.ConnectTimeout,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            KeepAlivePingTimeout = options.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        if (options.Tls is not null)
        {
            handler.SslOptions = options.Tls;
        }

        return handler;
    }
}
