using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RaftStream.Cli.Health;

/// <summary>Asks a node's HTTP port for <c>/readyz</c> or <c>/healthz</c>.</summary>
/// <remarks>
/// HTTP/1.0 over a socket: a container's health check starts this program every few seconds, and loading an HTTP client
/// would be most of what it does.
/// </remarks>
internal static class HealthProbe
{
    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>Asks once.</summary>
    /// <param name="timeout">For all of it; a node that takes longer is not well.</param>
    public static async Task<HealthAnswer> AskAsync(string host, int port, string path, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            return Read(await ExchangeAsync(host, port, path, deadline.Token).ConfigureAwait(false), host, port);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Bad($"{host}:{port} does not answer within {timeout.TotalSeconds:0.#} s");
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return Bad($"nobody answers at {host}:{port}: {exception.Message}");
        }
    }

    private static async Task<string> ExchangeAsync(string host, int port, string path, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        NetworkStream stream = client.GetStream();
        await using var closing = stream.ConfigureAwait(false);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n"), cancellationToken).ConfigureAwait(false);
        byte[] answer = new byte[MaxAnswerBytes];
        int length = 0;
        while (length < answer.Length)
        {
            int read = await stream.ReadAsync(answer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            length += read;
        }

        return Encoding.UTF8.GetString(answer, 0, length);
    }

    private static HealthAnswer Read(string answer, string host, int port)
    {
        if (!answer.StartsWith("HTTP/1.", StringComparison.Ordinal) || answer.Length < "HTTP/1.1 200".Length)
        {
            return Bad($"{host}:{port} does not speak HTTP/1; is it the HTTP port of a RaftStream node (http.port)?");
        }

        int end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string body = end < 0 ? "" : answer[(end + 4)..].Trim();
        return answer["HTTP/1.1 ".Length..].StartsWith("200", StringComparison.Ordinal) ? new HealthAnswer(true, []) : new HealthAnswer(false, ReasonsOf(body));
    }

    /// <summary>The reasons of <c>/readyz</c>; another body is a reason as it stands.</summary>
    private static List<string> ReasonsOf(string body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("reasons", out JsonElement reasons)
                && reasons.ValueKind == JsonValueKind.Array)
            {
                return [.. reasons.EnumerateArray().Select(static reason => reason.ToString())];
            }
        }
        catch (JsonException)
        {
            // Not of /readyz.
        }

        return [body.Length == 0 ? "it does not say why" : body];
    }

    private static HealthAnswer Bad(string reason) => new(false, [reason]);
}
