using System.Collections.Concurrent;
using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>
/// Notices that the connection by which a broker's heartbeats came is closed: a process that was killed is known to be gone
/// at once, not when its session is over. Thread-safe.
/// </summary>
/// <param name="disconnected">Is told of brokers; called on the transport's threads.</param>
internal sealed class HeartbeatConnections(Action<NodeId> disconnected)
{
    private readonly ConcurrentDictionary<NodeId, CancellationToken> _byBroker = [];

    /// <summary>A heartbeat came.</summary>
    /// <param name="closed">Of its connection.</param>
    public void Heard(NodeId broker, CancellationToken closed)
    {
        if (!closed.CanBeCanceled || (_byBroker.TryGetValue(broker, out CancellationToken known) && known == closed))
        {
            return;
        }

        _byBroker[broker] = closed;
        closed.Register(() => Closed(broker, closed));
    }

    /// <summary>
    /// A heartbeat was taken. Its connection may have closed between its arrival and that moment; then the news came first
    /// and the heartbeat has given the broker a full session again.
    /// </summary>
    public void Answered(NodeId broker, CancellationToken closed)
    {
        if (closed.IsCancellationRequested && !_byBroker.ContainsKey(broker))
        {
            disconnected(broker);
        }
    }

    /// <summary>Says nothing of a broker that beats by another connection already.</summary>
    private void Closed(NodeId broker, CancellationToken closed)
    {
        if (_byBroker.TryRemove(KeyValuePair.Create(broker, closed)))
        {
            disconnected(broker);
        }
    }
}
