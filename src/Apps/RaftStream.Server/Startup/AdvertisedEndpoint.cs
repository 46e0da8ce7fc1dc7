using System.Net;
using RaftStream.Raft;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Startup;

/// <summary>What clients are told to connect to.</summary>
internal static class AdvertisedEndpoint
{
    /// <summary>The setting when there is one; else the address that is listened on, or this machine's name when that is every address.</summary>
    /// <param name="port">The port in use, also when the setting was 0.</param>
    public static (string Host, int Port) Of(ServerSettings settings, int port)
    {
        if (settings.AdvertisedEndpoint is { Length: > 0 } given)
        {
            int colon = given.LastIndexOf(':');
            return (given[..colon].Trim('[', ']'), int.Parse(given.AsSpan(colon + 1), provider: null));
        }

        return (HostOf(settings.GrpcEndPoint.Address), port);
    }

    /// <summary>The same for the quorum's port.</summary>
    /// <param name="listen">With the port in use.</param>
    public static RaftEndpoint OfQuorum(QuorumSettings settings, IPEndPoint listen) =>
        HostAndPort.TryParse(settings.Advertised, leastPort: 1, out string host, out int port)
            ? new RaftEndpoint(host, port)
            : new RaftEndpoint(HostOf(listen.Address), listen.Port);

    /// <summary>The address as clients can use it: this machine's name when it is every address.</summary>
    public static string HostOf(IPAddress address)
    {
        bool isEvery = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        return isEvery ? Dns.GetHostName() : address.ToString();
    }
}
