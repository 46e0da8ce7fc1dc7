using System.CommandLine;
using System.Net;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Health;
using RaftStream.Cli.Output;
using RaftStream.Server.Settings;

namespace RaftStream.Cli.Commands;

/// <summary><c>health</c>: for health checks of containers and supervisors, which know exit codes only.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(2);

    public static Command Create(CliConsole console)
    {
        var http = new Option<string?>("--http") { Description = "The node's HTTP port; default that of this machine's server, by its settings", HelpName = "host:port" };
        var live = new Option<bool>("--live") { Description = "Ask only whether the process lives (/healthz), not whether it takes requests (/readyz)" };
        Option<TimeSpan?> timeout = Durations.Option("--timeout", $"Longest wait for the answer; default {DefaultTimeout.TotalSeconds:0}s");
        var command = new CliCommand(
            "health",
            "Tells whether a node is ready: exit code 0, or 1 and the reasons.",
            "raftstream health",
            "raftstream health --live --http 127.0.0.1:8080 --timeout 500ms")
        {
            http, live, timeout,
        };
        var output = new OutputOption(command);
        command.Explained(static () =>
            """
            Without --http it asks the port that the server's settings name, read as the server reads them from the
            environment (RAFTSTREAM__HTTP__PORT) and appsettings.json: what is right in the container of a server.
            """);
        return command.Does(async (parsed, cancellationToken) =>
        {
            (string host, int port) = parsed.GetValue(http) is { } given ? Reachability.Parse(given) : OwnPort();
            string path = parsed.GetValue(live) ? "/healthz" : "/readyz";
            HealthAnswer answer = await HealthProbe.AskAsync(host, port, path, parsed.GetValue(timeout) ?? DefaultTimeout, cancellationToken).ConfigureAwait(false);
            Print(console, output.Of(parsed), answer, parsed.GetValue(live) ? "alive" : "ready");
            return answer.IsGood ? ExitCode.Ok : ExitCode.Failed;
        });
    }

    private static (string Host, int Port) OwnPort()
    {
        try
        {
            IPEndPoint own = SettingsReader.Read([]).HttpEndPoint
                ?? throw new CliException("http.port is -1: this machine's server has no HTTP port. Name another node with --http host:port.");
            bool isEvery = own.Address.Equals(IPAddress.Any) || own.Address.Equals(IPAddress.IPv6Any);
            return ((isEvery ? IPAddress.Loopback : own.Address).ToString(), own.Port);
        }
        catch (SettingsException exception)
        {
            throw new CliException(exception.Message, ExitCode.Usage, exception);
        }
    }

    private static void Print(CliConsole console, OutputFormat format, HealthAnswer answer, string good)
    {
        if (format == OutputFormat.Json)
        {
            JsonOutput.Write(console, json =>
            {
                json.WriteStartObject();
                json.WriteBoolean(good, answer.IsGood);
                json.WriteStartArray("reasons");
                foreach (string reason in answer.Reasons)
                {
                    json.WriteStringValue(reason);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            });
        }
        else if (answer.IsGood)
        {
            console.Text.WriteLine(good);
        }
        else
        {
            console.Error.WriteLine($"not {good}: {string.Join("; ", answer.Reasons)}");
        }
    }
}
