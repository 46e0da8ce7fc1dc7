namespace Grpc.Core;

/// <summary>One call as a handler sees it. Valid until the handler has returned; not thread-safe except for the token.</summary>
public abstract class ServerCallContext
{
    /// <summary>The path on the wire: <c>/service/method</c>.</summary>
    public string Method => MethodCore;

    /// <summary>The <c>:authority</c> that the client asked for.</summary>
    public string Host => HostCore;

    /// <summary>The client's address, e.g. <c>ipv4:127.0.0.1:53412</c>.</summary>
    public string Peer => PeerCore;

    /// <summary>Moment in UTC at which the client stops waiting; <see cref="DateTime.MaxValue"/> when it waits forever.</summary>
    public DateTime Deadline => DeadlineCore;

    /// <summary>What the client sent, without the headers of the protocol itself.</summary>
    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Says that nobody waits any more: client gone, call cancelled, deadline passed or server stopping.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>
    /// Says that the connection is closed that the call came by; outlives the call, and is the same for all calls of a
    /// connection. Not of Grpc.Core: for servers that must know soon that a client is gone between two calls.
    /// </summary>
    public CancellationToken ConnectionClosed => ConnectionClosedCore;

    /// <summary>Sent after the last message.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>What the call ends with when the handler returns; OK by default.</summary>
    public Status Status
    {
        get => StatusCore;
        set => StatusCore = value;
    }

    /// <summary>For the messages from here on; null is the default.</summary>
    public WriteOptions? WriteOptions
    {
        get => WriteOptionsCore;
        set => WriteOptionsCore = value;
    }

    /// <summary>Room for what layers of a server tell each other about this call.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <summary>Sends headers before the first message; once, and before any message.</summary>
    /// <exception cref="InvalidOperationException">Headers are on their way already.</exception>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    /// <inheritdoc cref="Method"/>
    protected abstract string MethodCore { get; }

    /// <inheritdoc cref="Host"/>
    protected abstract string HostCore { get; }

    /// <inheritdoc cref="Peer"/>
    protected abstract string PeerCore { get; }

    /// <inheritdoc cref="Deadline"/>
    protected abstract DateTime DeadlineCore { get; }

    /// <inheritdoc cref="RequestHeaders"/>
    protected abstract Metadata RequestHeadersCore { get; }

    /// <inheritdoc cref="CancellationToken"/>
    protected abstract CancellationToken CancellationTokenCore { get; }

    /// <inheritdoc cref="ConnectionClosed"/>
    protected virtual CancellationToken ConnectionClosedCore => CancellationToken.None;

    /// <inheritdoc cref="ResponseTrailers"/>
    protected abstract Metadata ResponseTrailersCore { get; }

    /// <inheritdoc cref="Status"/>
    protected abstract Status StatusCore { get; set; }

    /// <inheritdoc cref="WriteOptions"/>
    protected abstract WriteOptions? WriteOptionsCore { get; set; }

    /// <inheritdoc cref="UserState"/>
    protected virtual IDictionary<object, object> UserStateCore => throw new NotSupportedException();

    /// <inheritdoc cref="WriteResponseHeadersAsync"/>
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);
}
