using System.Net;
using System.Net.Sockets;

namespace RaftStream.Server.Startup;

/// <summary>Looks at ports before they are bound, and says what stands in the way in words of the settings.</summary>
internal static class Ports
{
    /// <summary>Fails early, before a data folder is opened, when a port could not be bound later; finds a free one for port 0.</summary>
    /// <param name="hostOption">The setting of the address, as the command line has it.</param>
    /// <param name="portOption">The setting of the port; the same where one has both.</param>
    /// <returns>The end point with its port: the broker is told before the port is open.</returns>
    /// <exception cref="StartupException">The port cannot be bound.</exception>
    public static IPEndPoint Probe(IPEndPoint endPoint, string hostOption, string portOption)
    {
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true; // as Kestrel listens: IPv4, too
            }

            socket.Bind(endPoint);
            socket.Listen();
            return (IPEndPoint)socket.LocalEndPoint!;
        }
        catch (SocketException exception)
        {
            throw Failure(endPoint, hostOption, portOption, exception);
        }
    }

    private static StartupException Failure(IPEndPoint endPoint, string hostOption, string portOption, Exception exception)
    {
        Exception? cause = exception;
        while (cause is not null and not SocketException)
        {
            cause = cause.InnerException;
        }

        string what = (cause as SocketException)?.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"port {endPoint.Port} on {endPoint.Address} is in use by another process; stop that one, or choose another port with {portOption}",
            SocketError.AddressNotAvailable =>
                $"{endPoint.Address} is not an address of this machine; choose another with {hostOption}",
            SocketError.AccessDenied =>
                $"port {endPoint.Port} may not be opened by this user; choose one above 1023 with {portOption}",
            _ => $"port {endPoint.Port} on {endPoint.Address} cannot be opened: {exception.Message}; see {hostOption}{(hostOption == portOption ? "" : $" and {portOption}")}",
        };
        return new StartupException(what, exception);
    }
}
