using System.Net;
using System.Net.Sockets;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Buffers;

namespace RaftStream.Rpc.Tests.Http2.Support;

/// <summary>A server that does exactly what a test says, frame by frame, and the channel that talks to it.</summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly BufferPool _pool = new(16 * 1024 * 1024);
    private readonly List<ScriptedConnection> _connections = [];

    public ScriptedPeer(Http2Options? options = null)
    {
        _listener.Start();
        Address = $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        Channel = Http2Channel.Create(Address, options ?? new Http2Options(), _pool);
        Invoker = Channel.CreateCallInvoker();
    }

    public string Address { get; }

    public Http2Channel Channel { get; }

    public Grpc.Core.CallInvoker Invoker { get; }

    /// <summary>The connection that was accepted last; null before the first.</summary>
    public ScriptedConnection? Last => _connections.LastOrDefault();

    /// <summary>The client's next connection, before anything is said.</summary>
    public async Task<ScriptedConnection> AcceptRawAsync()
    {
        var connection = new ScriptedConnection(await _listener.AcceptSocketAsync().WaitAsync(ScriptedConnection.Patience));
        _connections.Add(connection);
        return connection;
    }

    /// <summary>The client's next connection, with SETTINGS exchanged.</summary>
    public async Task<ScriptedConnection> AcceptAsync(params (ushort Id, uint Value)[] settings)
    {
        ScriptedConnection connection = await AcceptRawAsync();
        await connection.HandshakeAsync(settings);
        return connection;
    }

    /// <summary>Ends the listener, and with it a loop that waits for connections.</summary>
    public async Task StopListeningAsync(Task accepting)
    {
        _listener.Stop();
        try
        {
            await accepting;
        }
        catch (Exception exception) when (exception is System.Net.Sockets.SocketException or ObjectDisposedException or IOException)
        {
            // its last accept was cut off, or the client was gone before it was welcomed
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        foreach (ScriptedConnection connection in _connections)
        {
            connection.Dispose();
        }

        _listener.Stop();
        Assert.Equal(0, _pool.Outstanding);
    }
}
