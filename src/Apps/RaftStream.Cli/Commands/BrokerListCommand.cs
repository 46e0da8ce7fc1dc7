using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary><c>broker list</c>.</summary>
internal static class BrokerListCommand
{
    public static Command Create(CliConsole console)
    {
        var command = new CliCommand(
            "list", "Lists the brokers with what they hold.", "raftstream broker list", "raftstream broker list --output json");
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            IReadOnlyList<ListedBrokerDescription> brokers = await connected.Cluster.ListBrokersAsync(cancellationToken).ConfigureAwait(false);
            if (output.Of(parsed) == OutputFormat.Json)
            {
                PrintJson(console, brokers);
            }
            else
            {
                PrintText(console, brokers);
            }

            return ExitCode.Ok;
        });
    }

    private static void PrintText(CliConsole console, IReadOnlyList<ListedBrokerDescription> brokers)
    {
        if (brokers.Count == 0)
        {
            console.Text.WriteLine("No broker has registered yet.");
            return;
        }

        Table table = Tables.Create("#node", "endpoint", "rack", "state", "#epoch", "#leads", "#replicas");
        foreach (ListedBrokerDescription broker in brokers)
        {
            table.Row(
                broker.NodeId.ToString(CultureInfo.InvariantCulture),
                broker.Endpoint,
                broker.Rack,
                NameOf(broker.Status),
                broker.BrokerEpoch.ToString(CultureInfo.InvariantCulture),
                Tables.Number(broker.Leaders),
                Tables.Number(broker.Replicas));
        }

        table.Print(console);
    }

    private static void PrintJson(CliConsole console, IReadOnlyList<ListedBrokerDescription> brokers) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteArray("brokers", brokers, static (writer, broker) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("node", broker.NodeId);
            writer.WriteString("endpoint", broker.Endpoint);
            writer.WriteString("rack", broker.Rack);
            writer.WriteString("state", NameOf(broker.Status));
            writer.WriteNumber("brokerEpoch", broker.BrokerEpoch);
            writer.WriteNumber("leads", broker.Leaders);
            writer.WriteNumber("replicas", broker.Replicas);
            writer.WriteEndObject();
        });
        json.WriteEndObject();
    });

    private static string NameOf(BrokerStatus status) => status switch
    {
        BrokerStatus.Active => "active",
        BrokerStatus.Fenced => "fenced",
        BrokerStatus.ShuttingDown => "shutting down",
        _ => "unknown",
    };
}
