using System.Net;
using System.Net.Sockets;
using RaftStream.Chaos.Clusters;

namespace RaftStream.Chaos.Tests;

public sealed class LinkProxyTests : IAsyncLifetime, IDisposable
{
    private const int Target = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);
    private readonly Links _links = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private readonly TcpClient _client = new();
    private LinkProxy _proxy = null!;
    private TcpClient _accepted = null!;

    public async Task InitializeAsync()
    {
        _server.Start();
        int port = FreePorts.FindBase() + 99;
        _proxy = new LinkProxy(port, ((IPEndPoint)_server.LocalEndpoint).Port, Target, _links, (_, _) => 1);
        await _client.ConnectAsync(IPAddress.Loopback, port);
        _accepted = await _server.AcceptTcpClientAsync();
    }

    public Task DisposeAsync() => _proxy.DisposeAsync().AsTask();

    public void Dispose()
    {
        _client.Dispose();
        _accepted.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Bytes_pass_both_ways()
    {
        Assert.Equal(1, await SendAsync(_client, _accepted, 1));
        Assert.Equal(2, await SendAsync(_accepted, _client, 2));
    }

    [Theory]
    [InlineData(Target)] // hears nobody
    [InlineData(1)] // the caller: is heard by nobody
    public async Task One_way_is_cut_and_the_other_is_not(int node)
    {
        _links.Set(node, node == Target ? Cut.Inbound : Cut.Outbound);

        Task<int> held = SendAsync(_client, _accepted, 1);
        Assert.Equal(2, await SendAsync(_accepted, _client, 2));
        await Task.WhenAny(held, Task.Delay(Moment));
        Assert.False(held.IsCompleted);

        _links.Set(node, Cut.None);
        Assert.Equal(1, await held);
    }

    [Fact]
    public async Task An_end_is_not_told_through_a_cut()
    {
        _links.Set(Target, Cut.Both);
        _client.Close();

        Task<int> read = _accepted.GetStream().ReadAsync(new byte[1]).AsTask();
        await Task.WhenAny(read, Task.Delay(Moment));
        Assert.False(read.IsCompleted);

        _links.Set(Target, Cut.None);
        Assert.Equal(0, await read.WaitAsync(Patience));
    }

    [Fact]
    public async Task Clients_pass_unless_they_are_cut_off_too()
    {
        _links.Set(Target, Cut.Both);
        Assert.True(_links.WaitOpenAsync(Links.Clients, Target, default).IsCompletedSuccessfully);

        _links.Set(Target, Cut.Both | Cut.Clients);
        Task cut = _links.WaitOpenAsync(Target, Links.Clients, default);
        Assert.False(cut.IsCompleted);

        _links.Set(Target, Cut.None);
        await cut.WaitAsync(Patience);
    }

    [Fact]
    public void The_process_of_a_connection_is_found()
    {
        int local = ((IPEndPoint)_client.Client.LocalEndPoint!).Port;
        int remote = ((IPEndPoint)_client.Client.RemoteEndPoint!).Port;

        Assert.Equal(Environment.ProcessId, SocketOwner.Find(local, remote, [1, Environment.ProcessId]));
        Assert.Null(SocketOwner.Find(local, remote, []));
        Assert.Null(SocketOwner.Find(1, 1, [Environment.ProcessId]));
    }

    private static async Task<int> SendAsync(TcpClient from, TcpClient to, byte value)
    {
        byte[] received = new byte[1];
        await from.GetStream().WriteAsync(new[] { value });
        await to.GetStream().ReadExactlyAsync(received).AsTask().WaitAsync(Patience);
        return received[0];
    }
}
