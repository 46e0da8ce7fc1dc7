using System.Net;
using System.Net.Sockets;

namespace RaftStream.Cli.Processes;

/// <summary>Ports of the loopback address that nobody uses right now.</summary>
internal static class FreePorts
{
    /// <summary>Finds <paramref name="count"/> different ones.</summary>
    public static IReadOnlyList<int> Take(int count)
    {
        var listeners = new List<TcpListener>();
        try
        {
            // All are held until the last is found, or the system would give the same one twice.
            for (int i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                listeners.Add(listener);
            }

            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
