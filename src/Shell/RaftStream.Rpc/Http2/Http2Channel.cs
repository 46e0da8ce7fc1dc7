using Grpc.Core;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Http2.Calls;
using RaftStream.Rpc.Http2.Connections;

namespace RaftStream.Rpc.Http2;

/// <summary>Calls to one server over our own HTTP/2 client: made for streams of large messages.</summary>
/// <remarks>
/// Connects at the first call and again when a connection is lost. Received messages lie in one piece of pooled memory
/// and may be kept (<see cref="IPayloadOwner"/>); large sent payloads may be lent (<see cref="IBorrowingBufferWriter"/>).
/// A response on its own keeps its memory until the call is disposed. Thread-safe; make one per server and share it.
/// </remarks>
public sealed class Http2Channel : ChannelBase, IAsyncDisposable
{
    private readonly ConnectionPool _connections;

    internal Http2Channel(string target, Uri address, Http2Options options, BufferPool pool)
        : base(target)
    {
        bool secure = address.Scheme == Uri.UriSchemeHttps;
        Options = options;
        Pool = pool;
        Headers = new RequestHeaders(address.Scheme, address.Authority, options.CompressRequests);
        _connections = new ConnectionPool(
            new Http2Connector(address.DnsSafeHost, address.Port, secure, options), options);
    }

    /// <summary>How the channel was set up.</summary>
    internal Http2Options Options { get; }

    /// <summary>Where messages' memory comes from.</summary>
    internal BufferPool Pool { get; }

    /// <summary>What all requests have in common.</summary>
    internal RequestHeaders Headers { get; }

    /// <summary>A channel to <c>http://host:port</c> (cleartext, also without the scheme) or <c>https://host:port</c>.</summary>
    /// <exception cref="ArgumentException">The address has another form, or an option is out of range.</exception>
    public static Http2Channel ForAddress(string address, Http2Options? options = null) =>
        Create(address, options ?? new Http2Options(), BufferPool.Shared);

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => new Http2CallInvoker(this);

    /// <summary>Ends running calls with UNAVAILABLE and closes the connections.</summary>
    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    /// <summary>Ends running calls with UNAVAILABLE and closes the connections at once: the server is lost, and must not be waited for.</summary>
    public ValueTask AbortAsync(string reason) => _connections.AbortAsync(reason);

    /// <summary>With a pool of its own, so that a test can count.</summary>
    internal static Http2Channel Create(string address, Http2Options options, BufferPool pool)
    {
        ArgumentException.ThrowIfNullOrEmpty(address);
        options.Validate();
        string withScheme = address.Contains("://", StringComparison.Ordinal) ? address : $"http://{address}";
        bool known = Uri.TryCreate(withScheme, UriKind.Absolute, out Uri? uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.PathAndQuery == "/" && uri.Host.Length > 0;
        return known
            ? new Http2Channel(address, uri!, options, pool)
            : throw new ArgumentException($"\"{address}\" is not an address like http://host:port.", nameof(address));
    }

    /// <summary>A stream for one attempt of a call.</summary>
    internal GrpcStream NewStream(GrpcCall call) => new(call, Options, Pool);

    /// <summary>Finds a connection for the stream, or opens one.</summary>
    internal void Start(GrpcStream stream) => _connections.Start(stream);

    /// <inheritdoc/>
    protected override async Task ShutdownAsyncCore() => await DisposeAsync().ConfigureAwait(false);
}
