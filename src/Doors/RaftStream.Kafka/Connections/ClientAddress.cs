using System.Net;

namespace RaftStream.Kafka.Connections;

/// <summary>Where a client comes from. A port for IPv6 and IPv4 sees IPv4 addresses in those of IPv6; people and limits do not.</summary>
internal static class ClientAddress
{
    /// <summary>Address and port; null when the transport has none.</summary>
    public static IPEndPoint? Of(EndPoint? remote) => remote is not IPEndPoint endPoint ? null
        : endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port)
        : endPoint;
}
