namespace RaftStream.Rpc;

/// <summary>A channel per server, made when it is first asked for; all are closed together.</summary>
/// <typeparam name="TKey">What tells servers apart.</typeparam>
/// <typeparam name="TCalls">What calls go through: a stub, or an invoker.</typeparam>
/// <param name="connect">Makes a channel, which the table owns from then on, and what calls go through. Called within the table's lock: it must not wait.</param>
/// <remarks>Thread-safe.</remarks>
public sealed class ChannelTable<TKey, TCalls>(Func<TKey, (IAsyncDisposable Channel, TCalls Calls)> connect) : IAsyncDisposable
    where TKey : notnull
{
    private readonly Dictionary<TKey, (IAsyncDisposable Channel, TCalls Calls)> _channels = [];
    private readonly Lock _gate = new();

    /// <summary>Calls to a server.</summary>
    public TCalls CallsTo(TKey key)
    {
        lock (_gate)
        {
            if (!_channels.TryGetValue(key, out (IAsyncDisposable Channel, TCalls Calls) entry))
            {
                _channels[key] = entry = connect(key);
            }

            return entry.Calls;
        }
    }

    /// <summary>Cancels running calls and closes all channels.</summary>
    public async ValueTask DisposeAsync()
    {
        List<IAsyncDisposable> channels;
        lock (_gate)
        {
            channels = [.. _channels.Values.Select(entry => entry.Channel)];
            _channels.Clear();
        }

        foreach (IAsyncDisposable channel in channels)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
    }
}
