using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary><c>producer describe</c>.</summary>
internal static class ProducerDescribeCommand
{
    public static Command Create(CliConsole console)
    {
        var topic = new Argument<string>("topic") { Description = "The topic" };
        var partition = new Option<int?>("--partition", "-p") { Description = "Only this partition; default all", HelpName = "n" };
        var command = new CliCommand(
            "describe",
            "Lists the idempotent producers that the partitions of a topic know.",
            "raftstream producer describe orders",
            "raftstream producer describe orders --partition 0 --output json")
        {
            topic, partition,
        };
        command.Explained(static () =>
            """
            A partition knows a producer from its first batch until it was silent for a day; the leader of each partition is asked.
            Producers that are not idempotent are known to nobody.
            """);
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            List<ProducerDescription> producers = await ReadAsync(
                connected.Admin, parsed.GetRequiredValue(topic), parsed.GetValue(partition), cancellationToken).ConfigureAwait(false);
            if (output.Of(parsed) == OutputFormat.Json)
            {
                PrintJson(console, producers);
            }
            else
            {
                PrintText(console, producers);
            }

            return ExitCode.Ok;
        });
    }

    private static async Task<List<ProducerDescription>> ReadAsync(
        Admin admin, string topic, int? partition, CancellationToken cancellationToken)
    {
        TopicDescription described = await admin.DescribeTopicAsync(topic, cancellationToken).ConfigureAwait(false);
        int[] numbers = partition is { } wanted ? [wanted] : [.. Enumerable.Range(0, described.Partitions.Count)];
        List<ProducerDescription> producers = [];
        foreach (int number in numbers)
        {
            producers.AddRange(await admin.DescribeProducersAsync(new NamedPartition(topic, number), cancellationToken).ConfigureAwait(false));
        }

        return producers;
    }

    private static void PrintText(CliConsole console, List<ProducerDescription> producers)
    {
        if (producers.Count == 0)
        {
            console.Text.WriteLine("No idempotent producer is known.");
            return;
        }

        Table table = Tables.Create("#partition", "#producer id", "#epoch", "#last sequence", "last written");
        foreach (ProducerDescription producer in producers)
        {
            table.Row(
                producer.Partition.Partition.ToString(CultureInfo.InvariantCulture),
                producer.ProducerId.ToString(CultureInfo.InvariantCulture),
                producer.Epoch.ToString(CultureInfo.InvariantCulture),
                producer.LastSequence.ToString(CultureInfo.InvariantCulture),
                DateTimeOffset.FromUnixTimeMilliseconds(producer.LastTimestampMs).ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        }

        table.Print(console);
    }

    private static void PrintJson(CliConsole console, List<ProducerDescription> producers) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteArray("producers", producers, static (writer, producer) =>
        {
            writer.WriteStartObject();
            writer.WriteString("topic", producer.Partition.Topic);
            writer.WriteNumber("partition", producer.Partition.Partition);
            writer.WriteNumber("producerId", producer.ProducerId);
            writer.WriteNumber("producerEpoch", producer.Epoch);
            writer.WriteNumber("lastSequence", producer.LastSequence);
            writer.WriteNumber("lastTimestampMs", producer.LastTimestampMs);
            writer.WriteNumber("coordinatorEpoch", producer.CoordinatorEpoch);
            writer.WriteNumber("transactionStartOffset", producer.TransactionStartOffset);
            writer.WriteEndObject();
        });
        json.WriteEndObject();
    });
}
