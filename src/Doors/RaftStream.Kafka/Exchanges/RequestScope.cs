using RaftStream.Broker;

namespace RaftStream.Kafka.Exchanges;

/// <summary>What a handler knows of a request beside its body.</summary>
/// <param name="Api">The broker.</param>
/// <param name="Version">Version of the request, and so of its answer.</param>
/// <param name="ClientId">What the client calls itself; null when it did not say.</param>
/// <param name="Client">The connection it came by.</param>
internal readonly record struct RequestScope(BrokerApi Api, short Version, string? ClientId, ClientConnection Client)
{
    /// <summary>Cancelled when nobody waits for the answer any more.</summary>
    public CancellationToken Aborted => Client.Aborted;

    /// <summary>Name of the listener that the client came by.</summary>
    public string Listener => Client.Listener;
}

/// <summary>A client's connection as handlers see it.</summary>
/// <param name="Listener">Name of the listener.</param>
/// <param name="Peer">The client's address, for people.</param>
/// <param name="Aborted">Cancelled when the client is gone or the door closes.</param>
internal sealed record ClientConnection(string Listener, string Peer, CancellationToken Aborted);
