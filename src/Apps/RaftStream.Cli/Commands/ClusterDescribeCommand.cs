using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary><c>cluster describe</c>.</summary>
internal static class ClusterDescribeCommand
{
    public static Command Create(CliConsole console)
    {
        var command = new CliCommand(
            "describe",
            "Shows the cluster as the node that answers knows it; also while nobody leads.",
            "raftstream cluster describe",
            "raftstream cluster describe --bootstrap 127.0.0.1:9091 --output json");
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            ClusterSummary cluster = await connected.Cluster.DescribeAsync(cancellationToken).ConfigureAwait(false);
            if (output.Of(parsed) == OutputFormat.Json)
            {
                PrintJson(console, cluster);
            }
            else
            {
                PrintText(console, cluster);
            }

            return ExitCode.Ok;
        });
    }

    private static void PrintText(CliConsole console, ClusterSummary cluster)
    {
        Table table = Tables.Create("property", "value");
        table.Row("cluster", cluster.ClusterId);
        table.Row("answered by", $"node {Text(cluster.AnsweredBy)}");
        table.Row("leader of the metadata", cluster.Leader < 0 ? "nobody is known to lead" : $"node {Text(cluster.Leader)}, epoch {Text(cluster.LeaderEpoch)}");
        table.Row("voters", string.Join(", ", cluster.Voters.Select(voter => $"{Text(voter.Key.NodeId)}@{voter.Endpoint}")));
        table.Row("metadata applied below", $"offset {Tables.Number(cluster.MetadataOffset)}");
        table.Row("brokers", $"{Tables.Number(cluster.Brokers)}, active {Tables.Number(cluster.ActiveBrokers)}");
        table.Row("topics", $"{Tables.Number(cluster.Topics)} with {Tables.Number(cluster.Partitions)} partitions");
        table.Print(console);
    }

    private static void PrintJson(CliConsole console, ClusterSummary cluster) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteString("clusterId", cluster.ClusterId);
        json.WriteNumber("answeredBy", cluster.AnsweredBy);
        json.WriteNumber("leader", cluster.Leader);
        json.WriteNumber("leaderEpoch", cluster.LeaderEpoch);
        json.WriteNumber("metadataOffset", cluster.MetadataOffset);
        json.WriteArray("voters", cluster.Voters, static (writer, voter) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("node", voter.Key.NodeId);
            writer.WriteString("directoryId", voter.Key.DirectoryId);
            writer.WriteString("endpoint", voter.Endpoint);
            writer.WriteEndObject();
        });
        json.WriteNumber("brokers", cluster.Brokers);
        json.WriteNumber("activeBrokers", cluster.ActiveBrokers);
        json.WriteNumber("topics", cluster.Topics);
        json.WriteNumber("partitions", cluster.Partitions);
        json.WriteEndObject();
    });

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
