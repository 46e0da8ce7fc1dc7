using System.Collections.Concurrent;

namespace RaftStream.Client.Routing;

/// <summary>One channel per broker, made when first asked for and kept until the client is disposed.</summary>
internal sealed class ChannelSet(IBrokerConnector connector) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<BrokerChannel>> _channels = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The channel to <paramref name="endpoint"/>.</summary>
    public BrokerChannel To(string endpoint) =>
        _channels.GetOrAdd(endpoint, static (key, maker) => new Lazy<BrokerChannel>(() => maker.Connect(key)), connector).Value;

    /// <summary>Closes the channel to a broker that hangs, without waiting for it; the next call makes another.</summary>
    /// <param name="channel">Only if it is still this one: several may find out at once.</param>
    public ValueTask AbortAsync(BrokerChannel channel)
    {
        bool isThere = _channels.TryGetValue(channel.Endpoint, out Lazy<BrokerChannel>? known)
            && ReferenceEquals(known.Value, channel)
            && _channels.TryRemove(KeyValuePair.Create(channel.Endpoint, known));
        return isThere ? channel.AbortAsync() : ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Lazy<BrokerChannel> channel in _channels.Values)
        {
            await channel.Value.DisposeAsync().ConfigureAwait(false);
        }
    }
}
