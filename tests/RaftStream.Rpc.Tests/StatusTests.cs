using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class StatusTests
{
    public static TheoryData<StatusCode> Failures => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Status_that_a_handler_throws_arrives_with_its_trailers(StatusCode code)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        byte[] reason = [0, 1, 2, 255];

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.FailAsync(
            new FailRequest { Code = (int)code, Message = "no: 50 % wörk", Reason = ByteString.CopyFrom(reason) }));

        Assert.Equal(code, exception.StatusCode);
        Assert.Equal("no: 50 % wörk", exception.Status.Detail);
        Assert.Equal(reason, exception.Trailers.GetValueBytes("x-reason-bin"));
    }

    [Fact]
    public async Task Exception_of_a_handler_is_unknown_to_the_client_and_known_to_the_log()
    {
        var log = new RecordingLogger();
        await using ProbeServer probe = await ProbeServer.StartAsync(loggerFactory: log);

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await probe.Client.FailAsync(new FailRequest { Crash = true }));

        Assert.Equal(StatusCode.Unknown, exception.StatusCode);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
        await Eventually.TrueAsync(
            () => log.Entries.Any(entry => entry.Level == LogLevel.Error && entry.Exception?.Message.Contains("secret", StringComparison.Ordinal) == true),
            "the handler's exception in the log");
        await probe.Client.EchoAsync(new Ping()); // the server goes on
    }

    [Fact]
    public async Task Handler_that_throws_before_it_awaits_is_handled_like_one_that_throws_later()
    {
        var method = Methods.Define(MethodType.DuplexStreaming, "Throws");
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapDuplex(method, (_, _, _) => throw new RpcException(new Status(StatusCode.Aborted, "at once"))));
        using var call = probe.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);

        RpcException exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.Aborted, exception.StatusCode);
    }

    [Fact]
    public async Task Unary_handler_that_returns_null_is_a_failure()
    {
        var method = Methods.Define(MethodType.Unary, "Null");
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapUnary(method, (_, _) => Task.FromResult<byte[]>(null!)));

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await probe.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []));

        Assert.Equal(StatusCode.Unknown, exception.StatusCode);
    }

    [Fact]
    public async Task Status_set_in_the_context_ends_a_unary_call_without_its_response()
    {
        var method = Methods.Define(MethodType.Unary, "Sets");
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapUnary(method, (_, context) =>
        {
            context.Status = new Status(StatusCode.FailedPrecondition, "set");
            return Task.FromResult("ignored"u8.ToArray());
        }));

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await probe.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []));

        Assert.Equal(new Status(StatusCode.FailedPrecondition, "set"), exception.Status);
    }

    [Fact]
    public async Task Trailers_that_belong_to_the_protocol_are_an_internal_error()
    {
        var method = Methods.Define(MethodType.Unary, "Trails");
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapUnary(method, (request, context) =>
        {
            context.ResponseTrailers.Add("grpc-status", "0");
            return Task.FromResult(request);
        }));

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await probe.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
    }

    [Fact]
    public async Task Stream_can_end_badly_after_its_messages()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using var call = probe.Client.Count(new CountRequest { Count = 3, Size = 10, Then = (int)StatusCode.DataLoss });

        for (int i = 0; i < 3; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }

        RpcException exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.DataLoss, exception.StatusCode);
        Assert.Equal(StatusCode.DataLoss, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unknown_method_is_unimplemented()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Channel.CreateCallInvoker()
            .AsyncUnaryCall(Methods.Define(MethodType.Unary, "Missing"), null, default, []));

        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
        Assert.Contains("/raftstream.test.v1.Bytes/Missing", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_method_tells_what_the_server_is_for()
    {
        await using var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))], Purpose = "this is a clock" }, new RpcServices());
        await server.StartAsync(default);
        await using var channel = RpcChannel.ForAddress($"http://{server.EndPoints[0]}");

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await channel.CreateCallInvoker()
            .AsyncUnaryCall(Methods.Define(MethodType.Unary, "Missing"), null, default, []));

        Assert.EndsWith("Missing here: this is a clock.", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Method_that_a_service_does_not_override_is_unimplemented()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await probe.Client.NotThereAsync(new Ping()));

        Assert.Equal(StatusCode.Unimplemented, exception.StatusCode);
    }

    [Fact]
    public async Task Request_that_the_marshaller_cannot_read_is_an_internal_error()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        var raw = new Method<byte[], byte[]>(MethodType.Unary, "raftstream.test.v1.Probe", "Echo", Methods.Bytes, Methods.Bytes);

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Channel.CreateCallInvoker()
            .AsyncUnaryCall(raw, null, default, Encoding.ASCII.GetBytes("\x0a\xffbroken")));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.Contains("cannot be parsed", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hand_written_method_wins_over_the_generated_one()
    {
        var echo = new Method<byte[], byte[]>(MethodType.Unary, "raftstream.test.v1.Probe", "Echo", Methods.Bytes, Methods.Bytes);
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapUnary(echo, (_, _) => Task.FromResult(new Pong { Number = 42 }.ToByteArray())));

        Pong pong = await probe.Client.EchoAsync(new Ping { Number = 1 });

        Assert.Equal(42, pong.Number);
    }

    [Fact]
    public async Task Blocking_call_gives_response_and_failure_like_an_awaited_one()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        Assert.Equal(3, await Task.Run(() => probe.Client.Echo(new Ping { Number = 3 }).Number));
        await Assert.ThrowsAsync<RpcException>(() => Task.Run(() => probe.Client.Fail(new FailRequest { Code = 5 })));
    }
}
