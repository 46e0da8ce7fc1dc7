using System.Globalization;
using System.Text.Json;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary>What <c>topic describe</c> found out.</summary>
/// <param name="Logs">By partition; a broker knows only of the replicas it has.</param>
/// <param name="Configs">Those to show, by key.</param>
internal sealed record TopicReport(
    TopicDescription Topic, IReadOnlyDictionary<int, LogDescription> Logs, IReadOnlyList<ConfigDescription> Configs)
{
    public void PrintText(CliConsole console)
    {
        console.Text.WriteLine($"topic {Topic.Name}, id {Topic.Id}{(Topic.IsInternal ? ", internal" : "")}");
        Table table = Tables.Create(
            "#partition", "#leader", "#epoch", "replicas", "isr", "#start", "#high watermark", "#end", "#durable", "#segments", "#size");
        foreach (PartitionDescription partition in Topic.Partitions)
        {
            LogDescription? log = Logs.GetValueOrDefault(partition.Partition);
            table.Row(
                Tables.Number(partition.Partition),
                partition.Leader < 0 ? "none" : partition.Leader.ToString(CultureInfo.InvariantCulture),
                partition.LeaderEpoch.ToString(CultureInfo.InvariantCulture),
                string.Join(',', partition.Replicas),
                string.Join(',', partition.Isr),
                log is null ? "" : Tables.Number(log.LogStartOffset),
                log is null ? "" : Tables.Number(log.HighWatermark),
                log is null ? "" : Tables.Number(log.LogEndOffset),
                log is null ? "" : Tables.Number(log.DurableEnd),
                log is null ? "" : Tables.Number(log.Segments),
                log is null ? "" : Tables.Size(log.SizeBytes));
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
        if (Logs.TryGetValue(partition.Partition, out LogDescription? log))
        {
            json.WriteNumber("logStartOffset", log.LogStartOffset);
            json.WriteNumber("highWatermark", log.HighWatermark);
            json.WriteNumber("logEndOffset", log.LogEndOffset);
            json.WriteNumber("durableEnd", log.DurableEnd);
            json.WriteNumber("segments", log.Segments);
            json.WriteNumber("sizeBytes", log.SizeBytes);
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
