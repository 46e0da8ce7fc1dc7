using Google.Protobuf;
using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>Generated stubs over our client, against our server.</summary>
public sealed class OurServerTests : IAsyncLifetime
{
    private readonly BufferPool _pool = new(16 * 1024 * 1024);
    private ProbeServer _probe = null!;
    private Http2Channel _channel = null!;
    private Probe.ProbeClient _client = null!;

    public async Task InitializeAsync()
    {
        _probe = await ProbeServer.StartAsync(compressResponses: true);
        _channel = Http2Channel.Create(_probe.EndPoint.ToString(), new Http2Options { CompressRequests = true }, _pool);
        _client = new Probe.ProbeClient(_channel);
    }

    public async Task DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _probe.DisposeAsync();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(8_000_000)]
    public async Task Unary(int size)
    {
        var payload = ByteString.CopyFrom(Support.BytesMethod.Random(size, size));

        using AsyncUnaryCall<Pong> call = _client.EchoAsync(new Ping { Payload = payload, Number = 7 });

        Pong pong = await call;
        Assert.Equal(7, pong.Number);
        Assert.Equal(payload, pong.Payload);
    }

    [Fact]
    public void Blocking_unary()
    {
        Pong pong = _client.Echo(new Ping { Number = 3 });

        Assert.Equal(3, pong.Number);
    }

    [Fact]
    public async Task Client_stream()
    {
        using AsyncClientStreamingCall<Ping, Summary> call = _client.Collect();
        for (int i = 0; i < 1_000; i++)
        {
            await call.RequestStream.WriteAsync(new Ping { Payload = ByteString.CopyFrom(new byte[i]) });
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal(999 * 1_000 / 2, (await call).Bytes);
    }

    [Theory]
    [InlineData(10_000, 10)]
    [InlineData(30, 1_000_000)]
    public async Task Server_stream(int count, int size)
    {
        using AsyncServerStreamingCall<Pong> call = _client.Count(new CountRequest { Count = count, Size = size });

        int next = 0;
        await foreach (Pong pong in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(next++, pong.Number);
            Assert.Equal(size, pong.Payload.Length);
        }

        Assert.Equal(count, next);
    }

    [Fact]
    public async Task Duplex_stream_with_buffered_writes()
    {
        using AsyncDuplexStreamingCall<Ping, Pong> call = _client.Chat();
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
        for (int i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteValueAsync(new Ping { Number = i });
        }

        await call.RequestStream.FlushAsync();

        for (int i = 0; i < 100; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(i, call.ResponseStream.Current.Number);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Status_message_and_trailers_of_a_failure()
    {
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => _client.FailAsync(
            new FailRequest { Code = (int)StatusCode.DataLoss, Message = "größer\n", Reason = ByteString.CopyFrom(1, 2, 255) }).ResponseAsync);

        Assert.Equal(StatusCode.DataLoss, failure.StatusCode);
        Assert.Equal("größer\n", failure.Status.Detail);
        Assert.Equal([1, 2, 255], failure.Trailers.GetValueBytes("x-reason-bin"));
    }

    [Fact]
    public async Task Unknown_method_is_unimplemented() => Assert.Equal(
        StatusCode.Unimplemented,
        (await Assert.ThrowsAsync<RpcException>(() => _client.NotThereAsync(new Ping()).ResponseAsync)).StatusCode);

    [Fact]
    public async Task Metadata_travels_both_ways()
    {
        using AsyncUnaryCall<Pong> call = _client.EchoAsync(
            new Ping(), new Metadata { { "x-echo-a", "1" }, { "x-echo-b-bin", [0, 255] }, { "x-trail-c", "3" } });
        await call;

        Metadata headers = await call.ResponseHeadersAsync;
        Assert.Equal("1", headers.GetValue("x-echo-a"));
        Assert.Equal([0, 255], headers.GetValueBytes("x-echo-b-bin"));
        Assert.Equal("3", call.GetTrailers().GetValue("x-trail-c"));
    }

    [Fact]
    public async Task Deadline_and_cancellation_reach_the_server()
    {
        using var cancel = new CancellationTokenSource();
        Task<Pong> late = _client.WaitAsync(new Ping(), deadline: DateTime.UtcNow.AddMilliseconds(50)).ResponseAsync;
        Task<Pong> cancelled = _client.WaitAsync(new Ping(), cancellationToken: cancel.Token).ResponseAsync;
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => late)).StatusCode);
        await cancel.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => cancelled)).StatusCode);

        // Cancelled before the server had begun it, a call never waits there.
        await Eventually.TrueAsync(() => _probe.Service.Waiting == 0, "both calls ending at the server");
    }

    [Fact]
    public async Task A_server_that_stops_lets_running_calls_end()
    {
        using AsyncDuplexStreamingCall<Ping, Pong> call = _client.Chat();
        await call.RequestStream.WriteAsync(new Ping { Number = 1 });
        Assert.True(await call.ResponseStream.MoveNext());
        using var patience = new CancellationTokenSource(Support.ScriptedConnection.Patience);

        Task stopping = _probe.Server.StopAsync(patience.Token);
        await call.RequestStream.WriteAsync(new Ping { Number = 2 });
        Assert.True(await call.ResponseStream.MoveNext());
        await call.RequestStream.CompleteAsync();

        Assert.False(await call.ResponseStream.MoveNext());
        await stopping;
    }

    [Fact]
    public async Task Many_unary_calls_at_once()
    {
        Pong[] pongs = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(
            i => _client.EchoAsync(new Ping { Number = i, Payload = ByteString.CopyFrom(new byte[i % 700]) }).ResponseAsync));

        Assert.Equal(Enumerable.Range(0, 5_000), pongs.Select(pong => pong.Number));
    }
}
