using System.Globalization;
using RaftStream.Metadata.Images;

namespace RaftStream.Grpc.Forwarding;

/// <summary>
/// Where other brokers reach a broker's gRPC port. Often that is where clients do; behind NAT and in containers, clients come by
/// addresses that mean nothing inside.
/// </summary>
public static class InternalEndpoint
{
    /// <summary>Name of the endpoint in a registration; one without it is called where its clients call it.</summary>
    public const string Protocol = "GRPC-INTERNAL";

    /// <summary>host:port; empty when it takes no gRPC calls.</summary>
    internal static string Of(BrokerRegistration broker)
    {
        foreach (BrokerEndpoint endpoint in broker.Endpoints)
        {
            if (endpoint.Protocol == Protocol)
            {
                string host = endpoint.Host.Contains(':', StringComparison.Ordinal) ? $"[{endpoint.Host}]" : endpoint.Host;
                return string.Create(CultureInfo.InvariantCulture, $"{host}:{endpoint.Port}");
            }
        }

        return GrpcErrors.EndpointOf(broker);
    }
}
