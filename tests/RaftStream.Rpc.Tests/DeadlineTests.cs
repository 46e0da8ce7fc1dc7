using Grpc.Core;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class DeadlineTests
{
    [Fact]
    public async Task Deadline_ends_the_call_on_both_sides()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        await UntilServerHeardAsync(async deadline =>
        {
            RpcException exception = await Assert.ThrowsAsync<RpcException>(
                async () => await probe.Client.WaitAsync(new Ping(), deadline: deadline));

            Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
            await Eventually.TrueAsync(() => probe.Service.Waiting == 0, "the handler to be cancelled");
            return probe.Service.Cancelled > 0;
        });
    }

    [Fact]
    public async Task Server_keeps_the_deadline_by_itself_when_the_client_does_not()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(
            probe.EndPoint, "/raftstream.test.v1.Probe/Wait", new byte[5], headers: [("grpc-timeout", "100m")]);

        Assert.Equal("4", answer.GrpcStatus);
        await Eventually.TrueAsync(() => probe.Service.Cancelled == 1, "the handler to be cancelled");
    }

    [Fact]
    public async Task Deadline_in_the_past_fails_before_anything_is_sent()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await probe.Client.WaitAsync(new Ping(), deadline: DateTime.UtcNow.AddSeconds(-1)));

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        Assert.Equal(0, probe.Service.Cancelled);
    }

    [Fact]
    public async Task Deadline_ends_a_stream_that_nobody_reads()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using var call = probe.Client.Chat(deadline: DateTime.UtcNow.AddMilliseconds(100));

        await Eventually.TrueAsync(() => Record.Exception(() => call.GetStatus()) is null, "the call to end");

        Assert.Equal(StatusCode.DeadlineExceeded, call.GetStatus().StatusCode);
        await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new Ping()));
    }

    [Fact]
    public async Task Deadline_wakes_a_handler_that_waits_for_requests()
    {
        var method = Methods.Define(MethodType.ClientStreaming, "Reads");
        var thrown = new TaskCompletionSource<Exception?>();
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapClientStreaming(method, async (requests, _) =>
            {
                thrown.TrySetResult(await Record.ExceptionAsync(() => requests.MoveNext()));
                return [];
            }));

        await UntilServerHeardAsync(async deadline =>
        {
            using var call = probe.Channel.CreateCallInvoker().AsyncClientStreamingCall(method, null, new CallOptions(deadline: deadline));
            Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
            return thrown.Task.IsCompleted;
        });

        Assert.IsType<OperationCanceledException>(await thrown.Task);
    }

    /// <summary>Makes a call until the server has heard of it: on a busy machine the first deadlines may pass before that.</summary>
    private static async Task UntilServerHeardAsync(Func<DateTime, Task<bool>> callAsync)
    {
        for (int milliseconds = 100; !await callAsync(DateTime.UtcNow.AddMilliseconds(milliseconds)); milliseconds *= 2)
        {
            Assert.True(milliseconds < 30_000, "The server never heard of a call.");
        }
    }

    [Fact]
    public async Task Far_deadline_is_no_deadline()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        await probe.Client.EchoAsync(new Ping(), deadline: DateTime.UtcNow.AddYears(500));
        await probe.Client.EchoAsync(new Ping(), deadline: DateTime.MaxValue);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1S")]
    public async Task Timeout_of_another_form_is_an_internal_error(string timeout)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(
            probe.EndPoint, "/raftstream.test.v1.Probe/Echo", new byte[5], headers: [("grpc-timeout", timeout)]);

        Assert.Equal("13", answer.GrpcStatus);
    }
}
