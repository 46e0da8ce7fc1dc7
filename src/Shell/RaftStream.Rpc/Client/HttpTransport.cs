namespace RaftStream.Rpc.Client;

/// <summary>What all calls of a channel share: the connections, the address and the limits.</summary>
internal sealed class HttpTransport(Uri address, RpcChannelOptions options, SocketsHttpHandler handler) : IAsyncDisposable
{
    private readonly HttpMessageInvoker _http = new(handler);
    private readonly CancellationTokenSource _closing = new();

    public Uri Address { get; } = address;

    public RpcChannelOptions Options { get; } = options;

    /// <summary>Fires when the channel is closed.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Sends a request; completes with the headers of its answer.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http.SendAsync(request, cancellationToken);

    /// <summary>Cancels all calls and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _http.Dispose();
    }
}
