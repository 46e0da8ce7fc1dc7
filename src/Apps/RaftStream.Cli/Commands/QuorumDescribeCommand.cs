using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary><c>quorum describe</c>.</summary>
internal static class QuorumDescribeCommand
{
    public static Command Create(CliConsole console)
    {
        var command = new CliCommand(
            "describe",
            "Shows who leads, who votes, and how far everyone is.",
            "raftstream quorum describe",
            "raftstream quorum describe --bootstrap 127.0.0.1:9091 --output json");
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            QuorumDescription quorum = await connected.Cluster.DescribeQuorumAsync(cancellationToken).ConfigureAwait(false);
            if (output.Of(parsed) == OutputFormat.Json)
            {
                PrintJson(console, quorum);
            }
            else
            {
                PrintText(console, quorum);
            }

            return ExitCode.Ok;
        });
    }

    private static void PrintText(CliConsole console, QuorumDescription quorum)
    {
        string committed = quorum.HighWatermark is { } end ? $"committed below offset {Tables.Number(end)}" : "high watermark not known yet";
        console.Text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"node {quorum.Leader} leads epoch {quorum.LeaderEpoch}, {committed}"));
        Table table = Tables.Create("#node", "role", "endpoint", "#log end", "#durable", "#behind", "last fetch", "directory");
        foreach (QuorumReplicaDescription replica in quorum.Replicas)
        {
            table.Row(
                replica.Key.NodeId.ToString(CultureInfo.InvariantCulture),
                RoleOf(quorum, replica),
                replica.Endpoint,
                replica.LogEndOffset is { } logEnd ? Tables.Number(logEnd) : "",
                replica.DurableEnd is { } durable ? Tables.Number(durable) : "",
                BehindOf(quorum, replica) is { } behind ? Tables.Number(behind) : "",
                replica.LastFetchAge is { } age ? Age(replica.Key.NodeId == quorum.Leader ? null : age) : "never",
                replica.Key.DirectoryId.ToString());
        }

        table.Print(console);
    }

    private static void PrintJson(CliConsole console, QuorumDescription quorum) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteNumber("leader", quorum.Leader);
        json.WriteNumber("leaderEpoch", quorum.LeaderEpoch);
        WriteNumber(json, "highWatermark", quorum.HighWatermark);
        json.WriteArray("replicas", quorum.Replicas, (writer, replica) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("node", replica.Key.NodeId);
            writer.WriteString("role", RoleOf(quorum, replica));
            writer.WriteString("endpoint", replica.Endpoint);
            writer.WriteString("directoryId", replica.Key.DirectoryId);
            WriteNumber(writer, "logEndOffset", replica.LogEndOffset);
            WriteNumber(writer, "durableEnd", replica.DurableEnd);
            WriteNumber(writer, "behind", BehindOf(quorum, replica));
            WriteNumber(writer, "lastFetchAgeMs", (long?)replica.LastFetchAge?.TotalMilliseconds);
            writer.WriteEndObject();
        });
        json.WriteEndObject();
    });

    private static string RoleOf(QuorumDescription quorum, QuorumReplicaDescription replica) =>
        replica.Key.NodeId == quorum.Leader ? "leader" : replica.IsVoter ? "voter" : "observer";

    private static long? BehindOf(QuorumDescription quorum, QuorumReplicaDescription replica) =>
        replica.LogEndOffset is { } end && quorum.HighWatermark is { } highWatermark ? Math.Max(0, highWatermark - end) : null;

    private static string Age(TimeSpan? age) => age switch
    {
        null => "leader",
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{age.Value.TotalMilliseconds:0} ms ago"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{age.Value.TotalSeconds:0} s ago"),
    };

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
