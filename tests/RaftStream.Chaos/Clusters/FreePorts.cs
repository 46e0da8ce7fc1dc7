using System.Net;
using System.Net.Sockets;

namespace RaftStream.Chaos.Clusters;

/// <summary>Ranges of ports that nobody has, below those that the kernel gives to outgoing connections: so they stay free over a restart.</summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int Ranges = 115;

    /// <summary>Ports of a range; one range belongs to one cluster.</summary>
    public const int RangeSize = 100;

    /// <summary>The first port of a range in which nobody listens; where it looks first depends on the process, so that two runs do not meet.</summary>
    public static int FindBase()
    {
        for (int tries = 0; tries < Ranges; tries++)
        {
            int first = First + ((Environment.ProcessId + tries) % Ranges * RangeSize);
            if (Enumerable.Range(first, RangeSize).All(IsFree))
            {
                return first;
            }
        }

        throw new InvalidOperationException("There is no free range of ports.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
