using Google.Protobuf;
using Grpc.Core;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class CallKindTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    [InlineData(70_000)]
    [InlineData(8 * 1024 * 1024)]
    public async Task Unary_call_brings_the_payload_there_and_back(int size)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        ByteString payload = ByteString.CopyFrom(Payload(size));

        Pong pong = await probe.Client.EchoAsync(new Ping { Payload = payload, Number = 7 });

        Assert.Equal(7, pong.Number);
        Assert.Equal(payload, pong.Payload);
    }

    [Fact]
    public async Task Client_stream_is_read_to_its_end()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using AsyncClientStreamingCall<Ping, Summary> call = probe.Client.Collect();

        for (int i = 0; i < 1000; i++)
        {
            await call.RequestStream.WriteAsync(new Ping { Payload = ByteString.CopyFrom(Payload(i)) });
        }

        await call.RequestStream.CompleteAsync();
        Summary summary = await call;

        Assert.Equal(1000, summary.Messages);
        Assert.Equal(999 * 1000 / 2, summary.Bytes);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    [InlineData(10_000, 10)]
    [InlineData(100, 100_000)]
    public async Task Server_stream_arrives_in_order(int count, int size)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using AsyncServerStreamingCall<Pong> call = probe.Client.Count(new CountRequest { Count = count, Size = size });

        int next = 0;
        await foreach (Pong pong in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(next++, pong.Number);
            Assert.Equal(size, pong.Payload.Length);
        }

        Assert.Equal(count, next);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Duplex_stream_goes_back_and_forth()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using AsyncDuplexStreamingCall<Ping, Pong> call = probe.Client.Chat();

        for (int i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteAsync(new Ping { Number = i });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(i, call.ResponseStream.Current.Number);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Duplex_stream_reads_and_writes_at_the_same_time()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using AsyncDuplexStreamingCall<Ping, Pong> call = probe.Client.Chat();
        const int Count = 2000;

        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < Count; i++)
            {
                await call.RequestStream.WriteAsync(new Ping { Number = i, Payload = ByteString.CopyFrom(Payload(i * 17 % 40_000)) });
            }

            await call.RequestStream.CompleteAsync();
        });
        int next = 0;
        await foreach (Pong pong in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(next, pong.Number);
            Assert.Equal(Payload(next * 17 % 40_000), pong.Payload.Span);
            next++;
        }

        await writing;
        Assert.Equal(Count, next);
    }

    private static byte[] Payload(int size)
    {
        byte[] payload = new byte[size];
        new Random(size).NextBytes(payload);
        return payload;
    }
}
