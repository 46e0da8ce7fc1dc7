using System.Net;
using System.Net.Sockets;
using System.Text;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration;

/// <summary>Metrics go to an OpenTelemetry collector when one is set.</summary>
public sealed class MetricsPushTests : BrokerTest
{
    [Fact]
    public async Task Metrics_are_pushed_to_the_collector_that_is_set()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        string address = $"http://{collector.LocalEndpoint}/v1/metrics";

        BrokerProcess broker = await StartReadyAsync($"--otlp-endpoint={address}", "--otlp-http", "--otlp-interval-ms=200");
        using var patience = new CancellationTokenSource(Eventually.Patience);
        using TcpClient connection = await collector.AcceptTcpClientAsync(patience.Token);
        string pushed = await ReadUntilAsync(connection.GetStream(), "raftstream.partitions", patience.Token);

        Assert.StartsWith("POST /v1/metrics HTTP/1.1", pushed, StringComparison.Ordinal);
        Assert.Contains("content-type: application/x-protobuf", pushed, StringComparison.OrdinalIgnoreCase);
        await ClientOf(broker).MustBeServedAsync();
    }

    private static async Task<string> ReadUntilAsync(NetworkStream stream, string part, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[64 * 1024];
        while (!text.ToString().Contains(part, StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, cancellationToken);
            Assert.True(read > 0, $"The push ended without {part}: {text}");
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
