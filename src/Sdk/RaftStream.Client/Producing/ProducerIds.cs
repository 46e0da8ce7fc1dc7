using RaftStream.Client.Routing;
using RaftStream.Client.V1;

namespace RaftStream.Client.Producing;

/// <summary>The producer's id: any broker has one to give (G-3.1). The router's; not thread-safe.</summary>
internal sealed class ProducerIds(BrokerCalls calls, ClusterMetadata metadata)
{
    /// <summary>The newest one; -1 before the first.</summary>
    public long Current { get; private set; } = -1;

    /// <summary>Asks for another, once, beginning with another broker each time.</summary>
    /// <exception cref="RaftStreamException">No broker answered, or the one that did has none to give now.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        InitProducerIdResponse response = await calls.CallFirstAsync(
            metadata.Current.Endpoints.Values,
            static invoker => new Log.LogClient(invoker),
            static (client, request, options) => client.InitProducerIdAsync(request, options),
            new InitProducerIdRequest(),
            stays: false,
            cancellationToken).ConfigureAwait(false);
        RpcErrors.ThrowIfFailed(response.Error);
        Current = response.ProducerId;
    }
}
