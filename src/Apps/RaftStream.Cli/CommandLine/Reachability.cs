using System.Globalization;
using System.Net.Sockets;

namespace RaftStream.Cli.CommandLine;

/// <summary>
/// Says at once that nobody listens. The SDK goes on trying, since brokers come and go; a person at a terminal wants to know.
/// </summary>
internal static class Reachability
{
    /// <summary>Returns when one of <paramref name="endpoints"/> takes a connection.</summary>
    /// <exception cref="CliException">None does, with the reason of each.</exception>
    public static async Task CheckAsync(
        IReadOnlyList<string> endpoints, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (endpoints.Count == 0)
        {
            throw new CliException("No broker is named: use --bootstrap host:port.", ExitCode.Usage);
        }

        List<(string Endpoint, (string Host, int Port) Address)> parsed = [.. endpoints.Select(endpoint => (endpoint, Parse(endpoint)))];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout); // For all together.
        var reasons = new List<string>();
        foreach ((string endpoint, (string host, int port)) in parsed)
        {
            string? reason = await WhyNotAsync(host, port, deadline.Token, cancellationToken).ConfigureAwait(false);
            if (reason is null)
            {
                return;
            }

            reasons.Add($"{endpoint} ({reason})");
        }

        throw new CliException(
            $"No broker answers at {string.Join(", ", reasons)}.\n"
            + "Start one with: raftstream server --data <folder>, or name another with --bootstrap host:port.");
    }

    /// <summary>Takes <c>host:port</c> apart; IPv6 addresses stand in brackets.</summary>
    /// <exception cref="CliException">It is not of that form.</exception>
    public static (string Host, int Port) Parse(string endpoint)
    {
        int colon = endpoint.LastIndexOf(':');
        int port = 0;
        bool isSane = colon > 0
            && int.TryParse(endpoint.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is > 0 and <= ushort.MaxValue
            && (endpoint[0] == '[' ? endpoint[colon - 1] == ']' : endpoint.IndexOf(':', StringComparison.Ordinal) == colon);
        if (!isSane)
        {
            throw new CliException(
                $"\"{endpoint}\" is not host:port, e.g. 127.0.0.1:9090 or [::1]:9090.", ExitCode.Usage);
        }

        return (endpoint[..colon].Trim('[', ']'), port);
    }

    private static async Task<string?> WhyNotAsync(
        string host, int port, CancellationToken deadline, CancellationToken cancellationToken)
    {
        using var probe = new TcpClient();
        try
        {
            await probe.ConnectAsync(host, port, deadline).ConfigureAwait(false);
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "connection refused",
                SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
                _ => exception.Message,
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "no answer";
        }
    }
}
