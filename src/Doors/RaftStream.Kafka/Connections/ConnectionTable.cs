using System.Collections.Concurrent;
using System.Net;

namespace RaftStream.Kafka.Connections;

/// <summary>All open connections: counts them, and cuts those in which nothing moves. Thread-safe.</summary>
internal sealed class ConnectionTable(KafkaLimits limits)
{
    private readonly ConcurrentDictionary<KafkaConnection, bool> _open = new();
    private readonly ConcurrentDictionary<IPAddress, int> _byAddress = new();
    private int _count;

    /// <summary>Connections that are open.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Those that are open now.</summary>
    public IEnumerable<KafkaConnection> Open => _open.Keys;

    /// <summary>Takes a connection in.</summary>
    /// <returns>Why not; null when it is in, and must be given to <see cref="Remove"/> later.</returns>
    public string? TryAdd(KafkaConnection connection)
    {
        if (Interlocked.Increment(ref _count) > limits.MaxConnections)
        {
            Interlocked.Decrement(ref _count);
            return "max.connections are open";
        }

        if (connection.Address is { } address && _byAddress.AddOrUpdate(address, 1, static (_, count) => count + 1) > limits.MaxConnectionsPerAddress)
        {
            Leave(address);
            Interlocked.Decrement(ref _count);
            return "max.connections.per.ip are open from this address";
        }

        _open[connection] = true;
        return null;
    }

    /// <summary>A connection has ended.</summary>
    public void Remove(KafkaConnection connection)
    {
        _open.TryRemove(connection, out _);
        Interlocked.Decrement(ref _count);
        if (connection.Address is { } address)
        {
            Leave(address);
        }
    }

    /// <summary>Cuts connections that stand still in the middle of something, and those that are idle for long.</summary>
    public void CutQuietOnes()
    {
        foreach (KafkaConnection connection in _open.Keys)
        {
            long quietMs = connection.QuietMs;
            long midRequestMs = connection.MidRequestMs;
            if ((midRequestMs > 0 && quietMs > limits.StallTimeout.TotalMilliseconds) || midRequestMs > limits.RequestTimeout.TotalMilliseconds)
            {
                connection.Abort("stalled");
            }
            else if (quietMs > limits.IdleTimeout.TotalMilliseconds)
            {
                connection.Abort("idle");
            }
        }
    }

    /// <summary>Others wait for memory: cuts those who take nothing of their answers, first who has not for longest, as many as it needs.</summary>
    /// <param name="missing">Bytes that are wanted; 0 cuts nobody.</param>
    /// <param name="held">Bytes that come back with a connection.</param>
    public void CutWhoDoesNotRead(long missing, Func<KafkaConnection, long> held)
    {
        if (missing <= 0)
        {
            return;
        }

        var readers = _open.Keys
            .Select(connection => (Connection: connection, Held: held(connection), connection.UntakenMs))
            .Where(one => one.Held > 0 && one.UntakenMs > limits.UnsentPatience.TotalMilliseconds);
        foreach (var one in readers.OrderByDescending(one => one.UntakenMs))
        {
            one.Connection.Abort("unread");
            missing -= one.Held;
            if (missing <= 0)
            {
                return;
            }
        }
    }

    private void Leave(IPAddress address)
    {
        while (_byAddress.TryGetValue(address, out int count))
        {
            if (count <= 1 ? _byAddress.TryRemove(KeyValuePair.Create(address, count)) : _byAddress.TryUpdate(address, count - 1, count))
            {
                return;
            }
        }
    }
}
