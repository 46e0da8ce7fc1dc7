using Google.Protobuf;
using Grpc.Core;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class LimitTests
{
    private const int Limit = 100_000;

    private static readonly Ping TooLarge = new() { Payload = ByteString.CopyFrom(new byte[Limit + 1]) };

    [Fact]
    public async Task Request_above_the_servers_limit_is_exhausted_and_the_server_goes_on()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(new RpcServerLimits { MaxReceiveMessageBytes = Limit });

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(TooLarge));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        Assert.Contains($"{Limit}", exception.Status.Detail, StringComparison.Ordinal);
        await probe.Client.EchoAsync(new Ping());
    }

    [Fact]
    public async Task Compressed_request_is_held_against_its_unpacked_size()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(
            new RpcServerLimits { MaxReceiveMessageBytes = Limit }, new RpcChannelOptions { CompressRequests = true });

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(TooLarge));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task Response_above_the_servers_limit_is_exhausted()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(new RpcServerLimits { MaxSendMessageBytes = Limit });

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(TooLarge));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task Request_above_the_clients_limit_never_leaves()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(channelOptions: new RpcChannelOptions { MaxSendMessageBytes = Limit });

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(TooLarge));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task Response_above_the_clients_limit_is_exhausted()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(channelOptions: new RpcChannelOptions { MaxReceiveMessageBytes = Limit });

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(TooLarge));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task Stream_message_above_the_limit_ends_the_call_with_exhausted()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(new RpcServerLimits { MaxReceiveMessageBytes = Limit });
        using AsyncDuplexStreamingCall<Ping, Pong> call = probe.Client.Chat();
        await call.RequestStream.WriteAsync(new Ping());
        Exception? cutOff = await Record.ExceptionAsync(() => call.RequestStream.WriteAsync(TooLarge)); // the prefix is enough for the server
        Assert.True(cutOff is null or RpcException, cutOff?.ToString());

        Assert.True(await call.ResponseStream.MoveNext());
        RpcException exception = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public async Task Message_larger_than_all_windows_arrives()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(
            new RpcServerLimits { StreamWindowBytes = 65_535, ConnectionWindowBytes = 65_535 },
            new RpcChannelOptions { StreamWindowBytes = 65_535 });
        ByteString payload = ByteString.CopyFrom(new byte[2_000_000]);

        Pong pong = await probe.Client.EchoAsync(new Ping { Payload = payload });

        Assert.Equal(payload.Length, pong.Payload.Length);
    }

    [Fact]
    public async Task Calls_above_the_stream_limit_wait_or_are_refused_as_unavailable()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(new RpcServerLimits { MaxStreamsPerConnection = 2 });

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            RpcException? refused;
            do
            {
                refused = (RpcException?)await Record.ExceptionAsync(
                    async () => Assert.Equal(i, (await probe.Client.EchoAsync(new Ping { Number = i })).Number));
                Assert.True(refused is null or { StatusCode: StatusCode.Unavailable }, refused?.ToString());
            }
            while (refused is not null);
        }));
    }

    [Fact]
    public async Task Headers_above_the_limit_do_not_hurt_the_server()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(new RpcServerLimits { MaxRequestHeaderBytes = 8192 });
        var headers = new Metadata { { "x-large", new string('x', 20_000) } };

        await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(new Ping(), headers));

        await probe.Client.EchoAsync(new Ping());
    }
}
