using Microsoft.AspNetCore.Server.Kestrel.Core;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Server.Hosting;
using RaftStream.Rpc.Tests.Probes;

namespace RaftStream.Rpc.Tests;

public sealed class IdleConnectionTests
{
    /// <summary>Kestrel looks for idle connections once a second; an infinite timeout overflowed and closed all of them.</summary>
    [Fact]
    public async Task Idle_connection_outlives_the_rounds_of_the_server()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using var client = new RawHttp2(probe.EndPoint);
        client.Send(RawHttp2.HeadersFrame(1, "/raftstream.test.v1.Probe/Echo"));
        client.Send(RawHttp2.MessageFrame(1, 0, RawHttp2.EndStream));
        client.ReadUntil(http2 => http2.EndedStreams == 1);

        Assert.False(client.EndsWithin(milliseconds: 2500));

        client.Send(RawHttp2.HeadersFrame(3, "/raftstream.test.v1.Probe/Echo"));
        client.Send(RawHttp2.MessageFrame(3, 0, RawHttp2.EndStream));
        client.ReadUntil(http2 => http2.EndedStreams == 2);
    }

    [Fact]
    public void Streams_may_be_silent_for_as_long_as_they_like()
    {
        var options = new KestrelServerOptions();

        KestrelFactory.ApplyLimits(options, new RpcServerLimits());

        Assert.InRange(options.Limits.KeepAliveTimeout, TimeSpan.FromDays(365), TimeSpan.FromDays(36_500));
        Assert.Null(options.Limits.MinRequestBodyDataRate);
        Assert.Null(options.Limits.MinResponseDataRate);
        Assert.Null(options.Limits.MaxRequestBodySize);
    }
}
