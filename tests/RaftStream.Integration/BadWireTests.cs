using System.Net;
using System.Text;
using RaftStream.Client.V1;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration;

/// <summary>Bytes that are no gRPC: the one who sent them hears so or is cut off; everyone else is served.</summary>
public sealed class BadWireTests : BrokerTest
{
    private BrokerProcess _broker = null!;
    private ThinClient _client = null!;

    public override async Task InitializeAsync()
    {
        _broker = await StartReadyAsync();
        _client = ClientOf(_broker);
    }

    [Fact]
    public async Task HTTP_1_on_the_gRPC_port_is_told_what_the_port_is()
    {
        using var http = new HttpClient();

        using HttpResponseMessage answer = await http.GetAsync(new Uri($"http://{_broker.Endpoint}/healthz"));

        Assert.Equal(HttpStatusCode.HttpVersionNotSupported, answer.StatusCode);
        Assert.Contains("gRPC port", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await _client.MustBeServedAsync();
    }

    [Fact]
    public async Task A_browser_on_the_gRPC_port_is_told_the_content_type()
    {
        using var http = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using HttpResponseMessage get = await http.GetAsync(new Uri($"http://{_broker.Endpoint}/"));
        using var json = new StringContent("{}", Encoding.UTF8, "application/json");
        using HttpResponseMessage post = await http.PostAsync(new Uri($"http://{_broker.Endpoint}/raftstream.client.v1.Log/Produce"), json);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, post.StatusCode);
        await _client.MustBeServedAsync();
    }

    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "random bytes", [.. Enumerable.Range(0, 4096).Select(i => (byte)((i * 167) ^ 0x5A))] },
        { "a TLS greeting", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03, 0, 0, 0] },
        { "a Kafka request", [0, 0, 0, 20, 0, 18, 0, 3, 0, 0, 0, 1, 0, 4, 116, 101, 115, 116, 0, 0, 0, 0, 0, 0] },
        { "half a preface and nonsense", Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n") },
        { "a frame before the settings", [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. RawHttp2.Frame(0, 0, 1, [1, 2, 3])] },
        { "a frame of 16 MiB", [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. RawHttp2.Frame(4, 0, 0, []), 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1] },
        { "headers that are no HPACK", [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. RawHttp2.Frame(4, 0, 0, []), .. RawHttp2.Frame(1, 5, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF])] },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_on_the_port_is_cut_off(string what, byte[] bytes)
    {
        using RawHttp2 connection = await RawHttp2.ConnectAsync(_broker.Setup.GrpcPort);

        await connection.SendAsync(bytes);
        await connection.ReadToEndAsync();

        Assert.True(_broker.IsRunning, what);
        await _client.MustBeServedAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(20)]
    public async Task A_message_cut_short_is_an_error_and_stores_nothing(int bytes)
    {
        await _client.CreateTopicAsync("whole");
        ProduceRequest request = Request("whole");

        using RawHttp2 connection = await RawHttp2.ConnectAsync(_broker.Setup.GrpcPort);
        await connection.HandshakeAsync();
        await connection.CallAsync(stream: 1, "/raftstream.client.v1.Log/Produce", request, bytes);
        await connection.CallAsync(stream: 3, "/raftstream.client.v1.Log/ProduceStream", request, bytes);

        await _client.MustBeServedAsync();
        Assert.Empty(await _client.ReadAllAsync("whole", 0));
    }

    [Fact]
    public async Task A_connection_that_breaks_within_a_frame_stores_nothing()
    {
        await _client.CreateTopicAsync("whole");
        for (int i = 0; i < 20; i++)
        {
            using RawHttp2 connection = await RawHttp2.ConnectAsync(_broker.Setup.GrpcPort);
            await connection.HandshakeAsync();
            await connection.CallAsync(stream: 1, "/raftstream.client.v1.Log/ProduceStream", Request("whole"), bytes: 10);
            await connection.SendAsync(RawHttp2.Frame(0, 0, 1, new byte[1000]).AsMemory(0, 9 + i));
        }

        await _client.MustBeServedAsync();
        Assert.Empty(await _client.ReadAllAsync("whole", 0));
    }

    private static ProduceRequest Request(string topic) => new()
    {
        Topic = new TopicRef { Name = topic },
        Records = { new Client.V1.Record { TimestampMs = 1_700_000_000_000 } },
    };
}
