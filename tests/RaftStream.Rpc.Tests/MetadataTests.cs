using Grpc.Core;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class MetadataTests
{
    [Fact]
    public async Task Headers_and_trailers_travel_both_ways()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        var headers = new Metadata
        {
            { "x-echo-text", "some, text" },
            { "x-echo-twice", "first" },
            { "x-echo-twice", "second" },
            { "X-Echo-Data-Bin", bytes },
            { "x-trail-text", "at the end" },
            { "x-trail-data-bin", [] },
        };

        using AsyncUnaryCall<Pong> call = probe.Client.EchoAsync(new Ping(), headers);
        Metadata received = await call.ResponseHeadersAsync;
        await call;

        Assert.Equal("some, text", received.GetValue("x-echo-text"));
        Assert.Equal("first, second", string.Join(", ", received.GetAll("x-echo-twice").Select(entry => entry.Value))); // may be joined
        Assert.Equal(bytes, received.GetValueBytes("x-echo-data-bin")!);
        Assert.Equal("at the end", call.GetTrailers().GetValue("x-trail-text"));
        Assert.Equal([], call.GetTrailers().GetValueBytes("x-trail-data-bin")!);
        Assert.DoesNotContain(received, entry => entry.Key.StartsWith("grpc-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Handler_sees_who_calls_what_and_until_when()
    {
        var method = Methods.Define(MethodType.Unary, "Context");
        ServerCallContext? seen = null;
        string peer = "";
        string host = "";
        DateTime deadline = default;
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapUnary(method, (request, context) =>
        {
            seen = context;
            (peer, host, deadline) = (context.Peer, context.Host, context.Deadline);
            context.UserState["key"] = 1;
            Assert.Equal(1, context.UserState["key"]);
            return Task.FromResult(request);
        }));
        DateTime asked = DateTime.UtcNow.AddMinutes(3);

        await probe.Channel.CreateCallInvoker().AsyncUnaryCall(method, "other.example", new CallOptions(deadline: asked), []);

        Assert.Equal("/raftstream.test.v1.Bytes/Context", seen!.Method);
        Assert.StartsWith("ipv4:127.0.0.1:", peer, StringComparison.Ordinal);
        Assert.Equal("other.example", host);
        Assert.InRange(deadline, asked.AddSeconds(-1), asked.AddSeconds(10));
    }

    [Fact]
    public async Task Call_without_deadline_has_none_on_the_server()
    {
        var method = Methods.Define(MethodType.Unary, "Context");
        DateTime deadline = default;
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapUnary(method, (request, context) =>
        {
            deadline = context.Deadline;
            return Task.FromResult(request);
        }));

        await probe.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []);

        Assert.Equal(DateTime.MaxValue, deadline);
    }

    [Fact]
    public async Task Headers_can_be_sent_before_the_first_message_and_only_then()
    {
        var method = Methods.Define(MethodType.DuplexStreaming, "Early");
        var second = new TaskCompletionSource<Exception?>();
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapDuplex(method, async (requests, responses, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "x-early", "yes" } });
            second.SetResult(await Record.ExceptionAsync(() => context.WriteResponseHeadersAsync([])));
            await requests.MoveNext();
        }));
        using var call = probe.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);

        Metadata headers = await Eventually.EndsAsync(call.ResponseHeadersAsync, "headers before any message");

        Assert.Equal("yes", headers.GetValue("x-early"));
        Assert.IsType<InvalidOperationException>(await second.Task);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("umlaut-ä")]
    [InlineData("name-bin")]
    public void Bad_key_of_a_text_entry_is_refused(string key) =>
        Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void Key_of_a_binary_entry_ends_in_bin() => Assert.Throws<ArgumentException>(() => new Metadata.Entry("name", [1]));

    [Fact]
    public void Text_value_is_printable_ascii() => Assert.Throws<ArgumentException>(() => new Metadata.Entry("name", "line\nbreak"));

    [Fact]
    public void Empty_metadata_cannot_be_changed() => Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
}
