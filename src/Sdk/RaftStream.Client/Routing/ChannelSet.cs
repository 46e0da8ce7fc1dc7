using System.Collections.Concurrent;

namespace RaftStream.Client.Routing;

/// <summary>One channel per broker, made when first asked for and kept until the client is disposed.</summary>
internal sealed class ChannelSet(IBrokerConnector connector) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<BrokerChannel>> _channels = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The channel to <paramref name="endpoint"/>.</summary>
    public BrokerChannel To(string endpoint) =>
        _channels.GetOrAdd(endpoint, static (key, maker) => new Lazy<BrokerChannel>(() => maker.Connect(key)), connector).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<BrokerChannel> channel in _channels.Values)
        {
            await channel.Value.DisposeAsync().ConfigureAwait(false);
        }
    }
}
