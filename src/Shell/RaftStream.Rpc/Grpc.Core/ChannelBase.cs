namespace Grpc.Core;

/// <summary>Connections to one server, shared by any number of clients and calls.</summary>
/// <param name="target">The server's address, for people.</param>
public abstract class ChannelBase(string target)
{
    /// <summary>The server's address, for people.</summary>
    public string Target { get; } = target;

    /// <summary>What generated clients call through.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends running calls and closes the connections.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>What <see cref="ShutdownAsync"/> does; nothing by default.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
