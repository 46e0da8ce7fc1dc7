using System.Collections.Immutable;
using RaftStream.Broker.Replicas;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata.Images;
using RaftStream.Raft;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Startup;

/// <summary>What a broker registers: where clients reach it and, in a cluster, other brokers.</summary>
internal static class BrokerEndpoints
{
    /// <summary>Name of the endpoint that clients call.</summary>
    public const string Clients = "GRPC";

    /// <param name="client">What clients are told (<see cref="AdvertisedEndpoint"/>).</param>
    /// <param name="kafka">The Kafka listeners.</param>
    /// <param name="replica">The port for other nodes, when there is one; followers call the gRPC port otherwise.</param>
    public static ImmutableArray<BrokerEndpoint> Of(
        ServerSettings settings, (string Host, int Port) client, ImmutableArray<BrokerEndpoint> kafka, RaftEndpoint? replica)
    {
        var clients = new BrokerEndpoint(Clients, client.Host, client.Port);
        if (settings.Quorum.IsAlone)
        {
            return [clients, .. kafka];
        }

        BrokerEndpoint inside = HostAndPort.TryParse(settings.InternalEndpoint, leastPort: 1, out string host, out int port)
            ? new BrokerEndpoint(InternalEndpoint.Protocol, host, port)
            : clients with { Protocol = InternalEndpoint.Protocol };
        BrokerEndpoint replicas = replica is { } other ? new BrokerEndpoint(ReplicaChannels.Protocol, other.Host, other.Port) : inside with { Protocol = ReplicaChannels.Protocol };
        return [clients, inside, replicas, .. kafka];
    }
}
