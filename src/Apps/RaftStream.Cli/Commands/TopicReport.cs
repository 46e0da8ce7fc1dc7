using System.Globalization;
using System.Text.Json;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary>What <c>topic describe</c> found out.</summary>
/// <param name="Logs">By partition, as its leader has it.</param>
/// <param name="Configs">Those to show, by key.</param>
internal sealed record TopicReport(
    TopicDescription Topic, IReadOnlyDictionary<int, LeaderLog> Logs, IReadOnlyList<ConfigDescription> Configs)
{
    private const string Unknown = "unknown";

    public void PrintText(CliConsole console)
    {
        console.Text.WriteLine($"topic {Topic.Name}, id {Topic.Id}{(Topic.IsInternal ? ", internal" : "")}");
        bool isMoving = Topic.Partitions.Any(partition => partition.Adding.Count > 0 || partition.Removing.Count > 0);
        string[] moving = isMoving ? ["adding", "removing"] : [];
        Table table = Tables.Create(
            ["#partition", "#leader", "#epoch", "replicas", "isr", "elr", .. moving, "#start", "#high watermark", "#end", "#durable", "#segments", "#size"]);
        foreach (PartitionDescription partition in Topic.Partitions)
        {
            LogDescription? log = Logs.GetValueOrDefault(partition.Partition)?.Log;
            string[] moves = isMoving ? [string.Join(',', partition.Adding), string.Join(',', partition.Removing)] : [];
            table.Row(
            [
                Tables.Number(partition.Partition),
                partition.Leader < 0 ? "none" : partition.Leader.ToString(CultureInfo.InvariantCulture),
                partition.LeaderEpoch.ToString(CultureInfo.InvariantCulture),
                string.Join(',', partition.Replicas),
                string.Join(',', partition.Isr),
                string.Join(',', partition.Elr),
                .. moves,
                log is null ? Unknown : Tables.Number(log.LogStartOffset),
                log is null ? Unknown : Tables.Number(log.HighWatermark),
                log is null ? Unknown : Tables.Number(log.LogEndOffset),
                log is null ? Unknown : Tables.Number(log.DurableEnd),
                log is null ? Unknown : Tables.Number(log.Segments),
                log is null ? Unknown : Tables.Size(log.SizeBytes),
            ]);
        }

        table.Print(console);
        PrintConfigs(console);
    }

    public void PrintJson(CliConsole console) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteString("topic", Topic.Name);
        json.WriteString("topicId", Topic.Id);
        json.WriteBoolean("internal", Topic.IsInternal);
        json.WriteArray("partitions", Topic.Partitions, WritePartition);
        json.WriteArray("configs", Configs, WriteConfig);
        json.WriteEndObject();
    });

    /// <summary>Says on standard error of which partitions the log is unknown, and why.</summary>
    public void PrintUnknown(CliConsole console)
    {
        foreach (IGrouping<string, LeaderLog> some in Logs.Values
            .Where(log => log.Log is null)
            .OrderBy(log => log.Partition)
            .GroupBy(Why))
        {
            int[] numbers = [.. some.Select(log => log.Partition.Partition)];
            console.Error.WriteLine(
                $"{Unknown}: offsets and sizes of partition{(numbers.Length == 1 ? "" : "s")} {string.Join(", ", numbers)}: {some.Key}");
        }
    }

    private static string Why(LeaderLog log) => log.Error is { } error ? Failures.Explain(error).Split('\n')[0] : "The leader did not say.";

    private void PrintConfigs(CliConsole console)
    {
        if (Configs.Count == 0)
        {
            console.Text.WriteLine("All configs have their default values: see them with --configs.");
            return;
        }

        Table table = Tables.Create("config", "value", "set by", "meaning");
        foreach (ConfigDescription config in Configs)
        {
            table.Row(config.Key, config.Value, OriginOf(config), config.Documentation);
        }

        table.Print(console);
    }

    private void WritePartition(Utf8JsonWriter json, PartitionDescription partition)
    {
        json.WriteStartObject();
        json.WriteNumber("partition", partition.Partition);
        json.WriteNumber("leader", partition.Leader);
        json.WriteNumber("leaderEpoch", partition.LeaderEpoch);
        json.WriteNumbers("replicas", partition.Replicas);
        json.WriteNumbers("isr", partition.Isr);
        json.WriteNumbers("elr", partition.Elr);
        json.WriteNumbers("adding", partition.Adding);
        json.WriteNumbers("removing", partition.Removing);
        LeaderLog? answer = Logs.GetValueOrDefault(partition.Partition);
        if (answer?.Log is { } log)
        {
            json.WriteNumber("logStartOffset", log.LogStartOffset);
            json.WriteNumber("highWatermark", log.HighWatermark);
            json.WriteNumber("logEndOffset", log.LogEndOffset);
            json.WriteNumber("durableEnd", log.DurableEnd);
            json.WriteNumber("segments", log.Segments);
            json.WriteNumber("sizeBytes", log.SizeBytes);
        }
        else
        {
            json.WriteString("error", answer is null ? Unknown : Why(answer));
        }

        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, ConfigDescription config)
    {
        json.WriteStartObject();
        json.WriteString("key", config.Key);
        json.WriteString("value", config.Value);
        json.WriteString("source", OriginOf(config));
        json.WriteString("type", config.Type);
        json.WriteBoolean("readOnly", config.IsReadOnly);
        json.WriteEndObject();
    }

    private static string OriginOf(ConfigDescription config) => config.Origin switch
    {
        ConfigOrigin.Default => "default",
        ConfigOrigin.Static => "settings",
        ConfigOrigin.Cluster => "cluster",
        ConfigOrigin.Broker => "broker",
        ConfigOrigin.Topic => "topic",
        _ => "unknown",
    };
}
