using Grpc.Core;

namespace RaftStream.Rpc.Client;

/// <summary>Calls to one server over the framework's HTTP/2 client; connects at the first call and again when the connection is lost.</summary>
/// <remarks>Thread-safe; make one per server and share it.</remarks>
public sealed class RpcChannel : ChannelBase, IAsyncDisposable
{
    private RpcChannel(string target)
        : base(target)
    {
    }

    /// <summary>A channel to <c>http://host:port</c> (cleartext, also without the scheme) or <c>https://host:port</c>.</summary>
    /// <exception cref="ArgumentException">The address has another form.</exception>
    public static RpcChannel ForAddress(string address, RpcChannelOptions? options = null) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => throw new NotSupportedException();

    /// <summary>Cancels running calls and closes the connections.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
