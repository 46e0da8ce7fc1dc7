using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration;

/// <summary>Metrics go to an OpenTelemetry collector when one is set.</summary>
public sealed partial class MetricsPushTests : BrokerTest
{
    [Fact]
    public async Task Metrics_are_pushed_to_the_collector_that_is_set()
    {
        using var collector = new TcpListener(IPAddress.Loopback, 0);
        collector.Start();
        string address = $"http://{collector.LocalEndpoint}/v1/metrics";

        BrokerProcess broker = await StartReadyAsync($"--otlp-endpoint={address}", "--otlp-http", "--otlp-interval-ms=200");
        string pushed = await TakePushesUntilAsync(collector, "raftstream.partitions");

        Assert.StartsWith("POST /v1/metrics HTTP/1.1", pushed, StringComparison.Ordinal);
        Assert.Contains("content-type: application/x-protobuf", pushed, StringComparison.OrdinalIgnoreCase);
        await ClientOf(broker).MustBeServedAsync();
    }

    /// <summary>Thanks for push after push, each on a connection of its own.</summary>
    /// <returns>The first push with <paramref name="part"/>: a broker that is just starting has less to tell.</returns>
    private static async Task<string> TakePushesUntilAsync(TcpListener collector, string part)
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        string pushed;
        do
        {
            using TcpClient connection = await collector.AcceptTcpClientAsync(patience.Token);
            pushed = await ReadRequestAsync(connection.GetStream(), patience.Token);
            await connection.GetStream().WriteAsync(Thanks, patience.Token);
        }
        while (!pushed.Contains(part, StringComparison.Ordinal));

        return pushed;
    }

    private static readonly byte[] Thanks = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>One request with a Content-Length, or what came of it before the sender gave up.</summary>
    private static async Task<string> ReadRequestAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var request = new StringBuilder();
        byte[] buffer = new byte[64 * 1024];
        while (!IsWhole(request.ToString()))
        {
            int read = await stream.ReadAsync(buffer, cancellationToken);
            if (read == 0)
            {
                break;
            }

            request.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return request.ToString();
    }

    private static bool IsWhole(string request)
    {
        Match head = Head().Match(request);
        return head.Success && request.Length >= head.Length + int.Parse(head.Groups["length"].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"\A(?=.*?\r\nContent-Length: (?<length>\d+)\r\n).*?\r\n\r\n", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Head();
}
