using System.Net;
using System.Net.Sockets;

namespace RaftStream.Server.Settings;

/// <summary>The address to listen on for everyone: IPv6 and IPv4 at once, or IPv4 where this machine has nothing else.</summary>
internal static class EveryAddress
{
    /// <summary>As this machine has it.</summary>
    public static IPAddress Value { get; } = CanListenOnBoth() ? IPAddress.IPv6Any : IPAddress.Any;

    private static bool CanListenOnBoth()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return false;
        }

        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
            return true;
        }
        catch (SocketException)
        {
            return false; // switched off
        }
    }
}
