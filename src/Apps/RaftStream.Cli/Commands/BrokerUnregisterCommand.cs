using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>broker unregister</c>.</summary>
internal static class BrokerUnregisterCommand
{
    public static Command Create(CliConsole console)
    {
        var node = new Argument<int>("node") { Description = "Its node id" };
        var force = new Option<bool>("--force") { Description = "Also while it is a replica of partitions: gives its copies up for lost" };
        var command = new CliCommand(
            "unregister", "Forgets a broker that is gone for good; it must be stopped, and hold nothing.", "raftstream broker unregister 7")
        {
            node, force,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            int id = parsed.GetRequiredValue(node);
            await connected.Cluster.UnregisterBrokerAsync(id, parsed.GetValue(force), cancellationToken).ConfigureAwait(false);
            Print(console, output.Of(parsed), id);
            return ExitCode.Ok;
        });
    }

    private static void Print(CliConsole console, OutputFormat format, int id)
    {
        if (format == OutputFormat.Text)
        {
            console.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"broker {id} unregistered"));
            return;
        }

        JsonOutput.Write(console, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("node", id);
            json.WriteBoolean("registered", false);
            json.WriteEndObject();
        });
    }
}
