using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RaftStream.Cli.Tests;

/// <summary><c>health</c>: what a container's health check relies on.</summary>
public sealed class HealthCommandTests
{
    private const string Ready = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"ready\":true,\"reasons\":[]}\n";
    private const string NotReady = "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"ready\":false,\"reasons\":[\"no leader is known\",\"fenced\"]}\n";

    [Fact]
    public async Task A_node_that_takes_requests_is_ready()
    {
        using var node = new OneAnswer(Ready);

        CliOutcome outcome = await Cli.RunAsync("health", "--http", node.Address);

        Assert.Equal(new CliOutcome(ExitCode.Ok, "ready\n", ""), outcome);
        Assert.StartsWith("GET /readyz HTTP/1.0\r\n", await node.Request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_asks_only_whether_the_process_has_failed()
    {
        using var node = new OneAnswer("HTTP/1.1 200 OK\r\n\r\nok\n");

        CliOutcome outcome = await Cli.RunAsync("health", "--live", "--http", node.Address);

        Assert.Equal(new CliOutcome(ExitCode.Ok, "alive\n", ""), outcome);
        Assert.StartsWith("GET /healthz ", await node.Request, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(NotReady, "not ready: no leader is known; fenced")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\n\r\nthe disk is gone\n", "not ready: the disk is gone")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\n\r\n", "not ready: it does not say why")]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"reasons\":7}", "not ready: {\"reasons\":7}")]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\nThere is /healthz\n", "not ready: There is /healthz")]
    [InlineData("SSH-2.0-OpenSSH\r\n", "does not speak HTTP/1")]
    [InlineData("", "does not speak HTTP/1")]
    public async Task Everything_else_is_not_ready_and_says_why(string answer, string message)
    {
        using var node = new OneAnswer(answer);

        CliOutcome outcome = await Cli.RunAsync("health", "--http", node.Address);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Out);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_is_not_ready()
    {
        using var silent = new OneAnswer(null);
        using var closed = new OneAnswer(null);
        closed.Dispose();

        CliOutcome hangs = await Cli.RunAsync("health", "--http", silent.Address, "--timeout", "100ms");
        CliOutcome refuses = await Cli.RunAsync("health", "--http", closed.Address);

        Assert.Equal((ExitCode.Failed, ExitCode.Failed), (hangs.ExitCode, refuses.ExitCode));
        Assert.Contains("does not answer within 0.1 s", hangs.Error, StringComparison.Ordinal);
        Assert.Contains($"nobody answers at {closed.Address}", refuses.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_the_reasons_too()
    {
        using var node = new OneAnswer(NotReady);

        CliOutcome outcome = await Cli.RunAsync("health", "--http", node.Address, "--output", "json");

        JsonElement health = JsonDocument.Parse(outcome.Out).RootElement;
        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.False(health.GetProperty("ready").GetBoolean());
        Assert.Equal(["no leader is known", "fenced"], health.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()));
    }

    [Fact]
    public async Task An_address_that_makes_no_sense_is_a_usage_error()
    {
        CliOutcome outcome = await Cli.RunAsync("health", "--http", "nowhere");

        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains("\"nowhere\" is not host:port", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>Listens, and answers one request as told; null answers nothing.</summary>
    private sealed class OneAnswer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public OneAnswer(string? answer)
        {
            _listener.Start();
            Address = _listener.LocalEndpoint.ToString()!;
            Request = answer is null ? Task.FromResult("") : AnswerAsync(answer);
        }

        public string Address { get; }

        public Task<string> Request { get; }

        public void Dispose() => _listener.Dispose();

        private async Task<string> AnswerAsync(string answer)
        {
            using Socket socket = await _listener.AcceptSocketAsync();
            byte[] request = new byte[4096];
            int length = await socket.ReceiveAsync(request);
            await socket.SendAsync(Encoding.UTF8.GetBytes(answer));
            socket.Shutdown(SocketShutdown.Send);
            return Encoding.ASCII.GetString(request, 0, length);
        }
    }
}
