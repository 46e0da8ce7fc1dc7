using System.Net;
using System.Security.Cryptography.X509Certificates;
using RaftStream.Metadata.Images;

namespace RaftStream.Kafka;

/// <summary>One port of the door. A broker may have several, for clients that reach it by different addresses.</summary>
/// <param name="Name">As in Kafka's <c>listeners</c>, for example PLAINTEXT or DOCKER: clients that came by it are told of the others' addresses of this name.</param>
/// <param name="EndPoint">Where to listen; port 0 takes a free one.</param>
/// <param name="Certificate">Serves TLS with this certificate (with its private key); null serves cleartext.</param>
public sealed record KafkaListener(string Name, IPEndPoint EndPoint, X509Certificate2? Certificate = null);

/// <summary>Kafka addresses in the brokers' registrations: one entry per listener, by name.</summary>
public static class KafkaEndpoints
{
    private const string Prefix = "KAFKA:";

    /// <summary>What a broker registers for a listener.</summary>
    /// <param name="host">Name or address that clients of this listener can use.</param>
    public static BrokerEndpoint Of(string listener, string host, int port) => new(Prefix + listener, host, port);

    /// <summary>Where a broker is reached by those who came by <paramref name="listener"/>; null when it has no listener of that name.</summary>
    public static BrokerEndpoint? Find(BrokerRegistration broker, string listener)
    {
        ArgumentNullException.ThrowIfNull(broker);
        foreach (BrokerEndpoint endpoint in broker.Endpoints)
        {
            if (endpoint.Protocol.Length == Prefix.Length + listener.Length
                && endpoint.Protocol.StartsWith(Prefix, StringComparison.Ordinal)
                && endpoint.Protocol.AsSpan(Prefix.Length).SequenceEqual(listener))
            {
                return endpoint;
            }
        }

        return null;
    }
}
