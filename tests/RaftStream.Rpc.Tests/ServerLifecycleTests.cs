using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class ServerLifecycleTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Fact]
    public async Task Port_in_use_is_named_and_nothing_listens()
    {
        await using ProbeServer first = await ProbeServer.StartAsync();
        using var other = new TcpListener(AnyPort);
        other.Start();
        var free = (IPEndPoint)other.LocalEndpoint;
        other.Stop();
        await using var second = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(free), RpcListener.Grpc(first.EndPoint)] }, new RpcServices());

        IOException exception = await Assert.ThrowsAsync<IOException>(() => second.StartAsync(CancellationToken.None));

        Assert.Contains(first.EndPoint.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), exception.Message, StringComparison.Ordinal);
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(free));
    }

    [Fact]
    public async Task Running_calls_may_end_while_the_server_stops_and_new_ones_are_refused()
    {
        var method = Methods.Define(MethodType.DuplexStreaming, "Slow");
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapDuplex(method, async (requests, responses, _) =>
        {
            while (await requests.MoveNext())
            {
                await responses.WriteAsync(requests.Current);
            }
        }));
        using var call = probe.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);
        await call.RequestStream.WriteAsync([1]);
        Assert.True(await call.ResponseStream.MoveNext());

        Task stopping = probe.Server.StopAsync(CancellationToken.None);

        await call.RequestStream.WriteAsync([2]);
        Assert.True(await call.ResponseStream.MoveNext());
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(new Ping()));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.False(stopping.IsCompleted);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        await Eventually.EndsAsync(stopping, "the server to stop after its last call");
    }

    [Fact]
    public async Task Calls_that_do_not_end_are_told_that_the_server_stops()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        AsyncUnaryCall<Pong> call = probe.Client.WaitAsync(new Ping());
        await Eventually.TrueAsync(() => probe.Service.Waiting == 1, "the handler to run");
        using var patience = new CancellationTokenSource();
        Task stopping = probe.Server.StopAsync(patience.Token);
        Assert.False(stopping.IsCompleted);

        await patience.CancelAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.Equal("The server is stopping.", exception.Status.Detail);
        await Eventually.EndsAsync(stopping, "the server to stop");
    }

    [Fact]
    public async Task Handler_that_ignores_everything_does_not_keep_the_server_from_stopping()
    {
        var method = Methods.Define(MethodType.Unary, "Deaf");
        var never = new TaskCompletionSource<byte[]>();
        var running = new TaskCompletionSource();
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapUnary(method, (_, _) =>
        {
            running.SetResult();
            return never.Task;
        }));
        AsyncUnaryCall<byte[]> call = probe.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []);
        await running.Task;

        await Eventually.EndsAsync(probe.Server.DisposeAsync().AsTask(), "the server to stop");

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        never.SetResult([]);
    }

    [Fact]
    public async Task Stopped_server_frees_its_port()
    {
        ProbeServer first = await ProbeServer.StartAsync();
        await first.Client.EchoAsync(new Ping());
        IPEndPoint port = first.EndPoint;
        await first.DisposeAsync();

        await using var second = new RpcServer(new RpcServerOptions { Listeners = [RpcListener.Grpc(port)] }, new RpcServices());
        await second.StartAsync(CancellationToken.None);

        Assert.Equal(port, second.EndPoints[0]);
    }

    [Fact]
    public async Task Client_connects_again_to_a_server_that_comes_back()
    {
        await using ProbeServer first = await ProbeServer.StartAsync();
        await using RpcChannel channel = RpcChannel.ForAddress(first.EndPoint.ToString());
        var client = new Probe.ProbeClient(channel);
        await client.EchoAsync(new Ping());
        await first.Server.DisposeAsync();

        RpcException gone = await Assert.ThrowsAsync<RpcException>(async () => await client.EchoAsync(new Ping()));
        Assert.Equal(StatusCode.Unavailable, gone.StatusCode);

        await using var second = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(first.EndPoint)] }, new RpcServices().Add(Probe.BindService(new ProbeService())));
        await second.StartAsync(CancellationToken.None);
        await client.EchoAsync(new Ping());
    }

    [Fact]
    public async Task Refused_connection_is_unavailable_and_says_where()
    {
        using var listener = new TcpListener(AnyPort);
        listener.Start();
        var nobody = (IPEndPoint)listener.LocalEndpoint;
        listener.Stop();
        await using RpcChannel channel = RpcChannel.ForAddress($"http://{nobody}");

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await new Probe.ProbeClient(channel).EchoAsync(new Ping()));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.Contains($"Cannot reach {nobody}", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_never_answers_the_connection_is_unavailable_in_time()
    {
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(AnyPort);
        deaf.Listen(1);
        await using RpcChannel channel = RpcChannel.ForAddress($"{deaf.LocalEndPoint}");

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await new Probe.ProbeClient(channel)
            .EchoAsync(new Ping(), deadline: DateTime.UtcNow.AddMilliseconds(200)));

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
    }

    [Fact]
    public async Task Peer_that_does_not_speak_grpc_is_told_apart()
    {
        await using var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Http(AnyPort, http => http.Response.WriteAsync("hello"))] }, new RpcServices());
        await server.StartAsync(CancellationToken.None);
        await using RpcChannel channel = RpcChannel.ForAddress(server.EndPoints[0].ToString());

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await new Probe.ProbeClient(channel).EchoAsync(new Ping()));

        Assert.Equal(StatusCode.Internal, exception.StatusCode); // a violation of HTTP/2
        Assert.Contains("HTTP/2", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Http_port_serves_its_handler_beside_grpc()
    {
        var options = new RpcServerOptions
        {
            Listeners =
            [
                RpcListener.Grpc(AnyPort),
                RpcListener.Http(AnyPort, async http =>
                {
                    http.Response.StatusCode = http.Request.Path == "/healthz" ? 200 : 404;
                    await http.Response.WriteAsync($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
                }),
                RpcListener.Http(AnyPort, _ => throw new InvalidOperationException("a secret")),
            ],
        };
        await using var server = new RpcServer(options, new RpcServices().Add(Probe.BindService(new ProbeService())));
        await server.StartAsync(CancellationToken.None);
        using var http = new HttpClient();

        Assert.Equal("GET /healthz?x=1", await http.GetStringAsync(new Uri($"http://{server.EndPoints[1]}/healthz?x=1")));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri($"http://{server.EndPoints[1]}/other"))).StatusCode);
        HttpResponseMessage failed = await http.GetAsync(new Uri($"http://{server.EndPoints[2]}/"));
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.DoesNotContain("secret", await failed.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await using RpcChannel channel = RpcChannel.ForAddress(server.EndPoints[0].ToString());
        await new Probe.ProbeClient(channel).EchoAsync(new Ping());
    }

    [Theory]
    [InlineData("ftp://host:1")]
    [InlineData("http://host:1/path")]
    [InlineData("http://")]
    [InlineData("host name:1")]
    public void Address_of_another_form_is_refused(string address) =>
        Assert.Throws<ArgumentException>(() => RpcChannel.ForAddress(address));

    [Fact]
    public void Method_can_be_mapped_once()
    {
        var method = Methods.Define(MethodType.Unary, "Once");
        RpcServices services = new RpcServices().MapUnary(method, (request, _) => Task.FromResult(request));

        Assert.Throws<ArgumentException>(() => services.MapUnary(method, (request, _) => Task.FromResult(request)));
    }

    [Fact]
    public void Handler_must_fit_the_kind_of_the_method() => Assert.Throws<ArgumentException>(
        () => new RpcServices().MapUnary(Methods.Define(MethodType.DuplexStreaming, "Other"), (request, _) => Task.FromResult(request)));
}
