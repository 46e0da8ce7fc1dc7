using Grpc.Core;

namespace RaftStream.Client.Routing;

/// <summary>The connections to one broker.</summary>
/// <param name="endpoint">host:port of its gRPC listener.</param>
/// <param name="calls">For single calls.</param>
/// <param name="bulk">For the produce and consume streams; may be the same.</param>
/// <param name="close">Closes the connections; true is without waiting for the broker.</param>
internal sealed class BrokerChannel(string endpoint, CallInvoker calls, CallInvoker bulk, Func<bool, ValueTask> close) : IAsyncDisposable
{
    /// <summary>host:port of the broker's gRPC listener.</summary>
    public string Endpoint { get; } = endpoint;

    /// <summary>For single calls.</summary>
    public CallInvoker Calls { get; } = calls;

    /// <summary>For the produce and consume streams.</summary>
    public CallInvoker Bulk { get; } = bulk;

    public ValueTask DisposeAsync() => close(false);

    /// <summary>Closes the connections to a broker that hangs, or cannot be reached any more.</summary>
    public ValueTask AbortAsync() => close(true);
}

/// <summary>Makes channels; the seam at which tests put brokers of their own.</summary>
internal interface IBrokerConnector
{
    /// <summary>A channel to the broker at <paramref name="endpoint"/>; connects when it is used.</summary>
    BrokerChannel Connect(string endpoint);
}
