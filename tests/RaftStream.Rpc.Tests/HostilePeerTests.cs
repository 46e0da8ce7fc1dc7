using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

/// <summary>Peers that are broken or mean: each gets an error or loses its connection, all others are served.</summary>
public sealed class HostilePeerTests
{
    private const string Echo = "/raftstream.test.v1.Probe/Echo";

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST /raftstream.test.v1.Probe/Echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("PRINT / HTTP/1.0\r\n\r\n")]
    [InlineData("OPTIONS * HTTP/1.1\r\n\r\n")]
    public async Task Http1_on_the_grpc_port_is_told_what_the_port_is(string request)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        string answer = Encoding.ASCII.GetString(await TalkAsync(probe, Encoding.ASCII.GetBytes(request)));

        Assert.StartsWith("HTTP/1.1 505 ", answer, StringComparison.Ordinal);
        Assert.Contains("This is a gRPC port", answer, StringComparison.Ordinal);
        await probe.Client.EchoAsync(new Ping());
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001\u0002\u0000")] // the beginning of TLS
    [InlineData("\u0000\u0000\u0000\u0000\u0000\u0000\u0000")]
    [InlineData("hello?\r\n")]
    [InlineData("PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("HELO\nEHLO\n")]
    public async Task Garbage_closes_the_connection_and_nothing_else(string garbage)
    {
        var log = new RecordingLogger();
        await using ProbeServer probe = await ProbeServer.StartAsync(loggerFactory: log);

        byte[] answer = await TalkAsync(probe, Encoding.Latin1.GetBytes(garbage));

        Assert.Empty(answer);
        Assert.Contains(log.Entries, entry => entry is { Level: LogLevel.Debug, EventId: 2004 });
        Assert.DoesNotContain(log.Entries, entry => entry.Level >= LogLevel.Warning);
        await probe.Client.EchoAsync(new Ping());
    }

    [Fact]
    public async Task Garbage_behind_the_preface_closes_the_connection_and_nothing_else()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        await TalkAsync(probe, [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Enumerable.Repeat((byte)0xEE, 5000)]);

        await probe.Client.EchoAsync(new Ping());
    }

    [Fact]
    public async Task Silent_connection_is_closed_after_the_handshake_timeout()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(
            new RpcServerLimits { HandshakeTimeout = TimeSpan.FromMilliseconds(50) });

        Assert.Empty(await TalkAsync(probe, []));
        Assert.Empty(await TalkAsync(probe, "PRI * HT"u8.ToArray()));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/grpcx")]
    [InlineData("application/json")]
    public async Task Other_content_type_is_415(string contentType)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(probe.EndPoint, Echo, new byte[5], contentType);

        Assert.Equal(415, (int)answer.HttpStatus);
    }

    [Theory]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc;charset=utf-8")]
    [InlineData("Application/gRPC")]
    public async Task Grpc_content_types_are_served(string contentType)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(probe.EndPoint, Echo, new byte[5], contentType);

        Assert.Equal("0", answer.GrpcStatus);
        Assert.Equal("application/grpc", answer.ContentType);
    }

    [Fact]
    public async Task Other_http_method_is_405()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        Assert.Equal(405, (int)(await RawCall.SendAsync(probe.EndPoint, Echo, new byte[5], method: HttpMethod.Put)).HttpStatus);
    }

    public static TheoryData<byte[], string> BrokenBodies => new()
    {
        { [], "13" }, // no message at all
        { [0], "13" }, // a piece of a prefix
        { [0, 0, 0, 0, 9, 1, 2], "13" }, // announces more than it sends
        { [0, 0x7F, 0xFF, 0xFF, 0xFF, 1], "8" }, // announces 2 GiB
        { [0, 0xFF, 0xFF, 0xFF, 0xFF, 1], "8" }, // announces 4 GiB
        { [7, 0, 0, 0, 0], "13" }, // a flag that does not exist
        { new byte[10], "13" }, // two messages where one is due
    };

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task Broken_frame_ends_the_call_and_not_the_server(byte[] body, string status)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(probe.EndPoint, Echo, body);

        Assert.Equal(status, answer.GrpcStatus);
        await probe.Client.EchoAsync(new Ping());
    }

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task Broken_frame_ends_a_stream_and_not_the_server(byte[] body, string status)
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RawAnswer answer = await RawCall.SendAsync(probe.EndPoint, "/raftstream.test.v1.Probe/Chat", [0, 0, 0, 0, 2, 0x10, 1, .. body]);

        Assert.Equal(body.Length is 0 or 10 ? "0" : status, answer.GrpcStatus); // streams may have none, and two
        await probe.Client.EchoAsync(new Ping());
    }

    [Fact]
    public async Task Client_that_does_not_read_makes_the_handler_wait_and_memory_stays_bounded()
    {
        const int MessageBytes = 256 * 1024;
        var method = Methods.Define(MethodType.ServerStreaming, "Floods");
        int written = 0;
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapServerStreaming(method, async (_, responses, _) =>
            {
                byte[] message = new byte[MessageBytes];
                for (int i = 0; i < 1000; i++)
                {
                    await responses.WriteAsync(message);
                    Interlocked.Increment(ref written);
                }
            }));
        using var call = probe.Channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, default, []);
        await Eventually.TrueAsync(() => Volatile.Read(ref written) >= 16, "the client's window of 4 MiB to fill up");

        await probe.Client.EchoAsync(new Ping()); // others on the same connection are served

        Assert.InRange(Volatile.Read(ref written), 16, 40);
        Assert.InRange(probe.Server.Memory.RentedCount, 0, 64); // a message, what is on its way, and little else
        int read = 0;
        while (await call.ResponseStream.MoveNext())
        {
            read++;
        }

        Assert.Equal(1000, read);
    }

    [Fact]
    public async Task Handler_that_does_not_read_makes_the_client_wait_and_memory_stays_bounded()
    {
        var method = Methods.Define(MethodType.ClientStreaming, "Ignores");
        var go = new TaskCompletionSource();
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapClientStreaming(method, async (requests, _) =>
            {
                await go.Task;
                int count = 0;
                while (await requests.MoveNext())
                {
                    count++;
                }

                return [(byte)count];
            }));
        using var call = probe.Channel.CreateCallInvoker().AsyncClientStreamingCall(method, null, default);
        int written = 0;
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await call.RequestStream.WriteAsync(new byte[256 * 1024]);
                Interlocked.Increment(ref written);
            }

            await call.RequestStream.CompleteAsync();
        });
        await Eventually.TrueAsync(() => Volatile.Read(ref written) >= 14, "the server's window of 4 MiB to fill up");

        await probe.Client.EchoAsync(new Ping()); // others on the same connection are served

        Assert.InRange(Volatile.Read(ref written), 14, 40);
        Assert.InRange(probe.Server.Memory.RentedCount, 0, 100); // 4 MiB are 64 blocks
        go.SetResult();
        await writing;
        Assert.Equal([100], await call);
    }

    private static readonly byte[] PrefaceAndSettings = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    [Fact]
    public async Task Two_thousand_idle_connections_are_no_burden()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        var idle = new List<TcpClient>();
        try
        {
            for (int i = 0; i < 2000; i++)
            {
                var client = new TcpClient();
                idle.Add(client);
                await client.ConnectAsync(probe.EndPoint);
                if (i % 2 == 0)
                {
                    await client.GetStream().WriteAsync(PrefaceAndSettings);
                }
            }

            await probe.Client.EchoAsync(new Ping { Payload = ByteString.CopyFrom(new byte[100_000]) });

            Assert.InRange(probe.Server.Memory.RentedCount, 0, 200); // idle connections hold no blocks
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task Connections_above_the_limit_are_closed_and_the_others_served()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync(new RpcServerLimits { MaxConnections = 3 });
        await probe.Client.EchoAsync(new Ping());
        using var second = new TcpClient();
        using var third = new TcpClient();
        await second.ConnectAsync(probe.EndPoint);
        await third.ConnectAsync(probe.EndPoint);

        Assert.Empty(await TalkAsync(probe, []));

        await probe.Client.EchoAsync(new Ping());
    }

    /// <summary>What the server says to these bytes until it closes the connection.</summary>
    private static async Task<byte[]> TalkAsync(ProbeServer probe, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(probe.EndPoint);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(bytes);
        using var answer = new MemoryStream();
        try
        {
            await Eventually.EndsAsync(stream.CopyToAsync(answer), "the server to close the connection");
        }
        catch (IOException)
        {
            // reset: closed as well
        }

        return answer.ToArray();
    }
}
