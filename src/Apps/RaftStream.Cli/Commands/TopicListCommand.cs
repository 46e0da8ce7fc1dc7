using System.CommandLine;
using System.Text.Json;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary><c>topic list</c>.</summary>
internal static class TopicListCommand
{
    public static Command Create(CliConsole console)
    {
        var withInternal = new Option<bool>("--internal") { Description = "The cluster's own topics too" };
        var command = new CliCommand("list", "Lists the topics.", "raftstream topic list", "raftstream topic list --output json")
        {
            withInternal,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            IReadOnlyList<TopicDescription> all = await connected.Admin.ListTopicsAsync(
                cancellationToken).ConfigureAwait(false);
            List<TopicDescription> topics = [.. all.Where(topic => !topic.IsInternal || parsed.GetValue(withInternal))];
            if (output.Of(parsed) == OutputFormat.Json)
            {
                PrintJson(console, topics);
            }
            else
            {
                PrintText(console, topics);
            }

            return ExitCode.Ok;
        });
    }

    private static void PrintText(CliConsole console, List<TopicDescription> topics)
    {
        if (topics.Count == 0)
        {
            console.Text.WriteLine("There are no topics. Create one with: raftstream topic create <name>");
            return;
        }

        Table table = Tables.Create("topic", "#partitions", "#replicas");
        foreach (TopicDescription topic in topics)
        {
            table.Row(topic.Name, Tables.Number(topic.Partitions.Count), Tables.Number(ReplicasOf(topic)));
        }

        table.Print(console);
    }

    private static void PrintJson(CliConsole console, List<TopicDescription> topics) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteArray("topics", topics, Write);
        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, TopicDescription topic)
    {
        json.WriteStartObject();
        json.WriteString("topic", topic.Name);
        json.WriteString("topicId", topic.Id);
        json.WriteBoolean("internal", topic.IsInternal);
        json.WriteNumber("partitions", topic.Partitions.Count);
        json.WriteNumber("replicationFactor", ReplicasOf(topic));
        json.WriteEndObject();
    }

    private static int ReplicasOf(TopicDescription topic) =>
        topic.Partitions.Count == 0 ? 0 : topic.Partitions.Max(partition => partition.Replicas.Count);
}
