using System.Net;
using System.Net.Sockets;

namespace RaftStream.Chaos.Clusters;

/// <summary>
/// Stands before one port of one node and passes on what may pass; what may not stays where it is, and nobody is told: a pulled cable,
/// for each direction of its own. Which node calls is learnt from the operating system.
/// </summary>
internal sealed class LinkProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _port;
    private readonly int _targetPort;
    private readonly int _target;
    private readonly Links _links;
    private readonly Func<int, int, int> _callerOf;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    /// <param name="target">The node behind it.</param>
    /// <param name="callerOf">The node whose connection has these two ports; 0 is a client.</param>
    public LinkProxy(int port, int targetPort, int target, Links links, Func<int, int, int> callerOf)
    {
        (_port, _targetPort, _target, _links, _callerOf) = (port, targetPort, target, links, callerOf);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                TcpClient from = await _listener.AcceptTcpClientAsync(_stopping.Token);
                connections.RemoveAll(connection => connection.IsCompleted);
                connections.Add(Task.Run(() => ServeAsync(from)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy stops.
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(TcpClient from)
    {
        using (from)
        using (var to = new TcpClient())
        {
            try
            {
                int caller = _callerOf(((IPEndPoint)from.Client.RemoteEndPoint!).Port, _port);
                await _links.WaitOpenAsync(caller, _target, _stopping.Token);
                await to.ConnectAsync(IPAddress.Loopback, _targetPort, _stopping.Token);
                from.NoDelay = to.NoDelay = true;
                await await Task.WhenAny(CopyAsync(from.GetStream(), to.GetStream(), caller, _target), CopyAsync(to.GetStream(), from.GetStream(), _target, caller));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // One of the two ends is gone, and so is the other now.
            }
        }
    }

    /// <summary>Ends when one side has closed and the other may be told.</summary>
    private async Task CopyAsync(NetworkStream from, NetworkStream to, int sender, int receiver)
    {
        byte[] buffer = new byte[64 << 10];
        int read;
        do
        {
            try
            {
                read = await from.ReadAsync(buffer, _stopping.Token);
            }
            catch (IOException)
            {
                read = 0; // Reset by its process's end: told like a close, that is, not through a cut.
            }

            await _links.WaitOpenAsync(sender, receiver, _stopping.Token);
            await to.WriteAsync(buffer.AsMemory(0, read), _stopping.Token);
        }
        while (read > 0);
    }
}
