using System.Net;
using System.Net.Sockets;

namespace RaftStream.Integration.Harness;

/// <summary>Ports that nobody has, below those that the kernel gives to outgoing connections: so they stay free over a restart.</summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int End = 32_000;
    private static int _next = Random.Shared.Next(First, End);

    public static int Take()
    {
        for (int tries = 0; tries < End - First; tries++)
        {
            int port = First + (Interlocked.Increment(ref _next) % (End - First));
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }

        throw new InvalidOperationException("There is no free port.");
    }
}
