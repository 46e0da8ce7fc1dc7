using System.CommandLine;
using System.Diagnostics;
using System.Text;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Cli.Producing;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Commands;

/// <summary><c>produce</c>.</summary>
internal static class ProduceCommand
{
    public static Command Create(CliConsole console)
    {
        var topic = new Argument<string>("topic") { Description = "Where the records go" };
        var file = new Option<string?>("--file", "-f")
        {
            Description = "Read the lines of this file instead of standard input",
            HelpName = "path",
        };
        var separator = new Option<string>("--key-separator", "-k")
        {
            Description = "What is before its first occurrence in a line is the key; default: no keys",
            HelpName = "text",
            DefaultValueFactory = static _ => "",
        };
        var headers = new Option<IReadOnlyList<KeyValuePair<string, string>>>("--header", "-H")
        {
            Description = "A header for every record, several times",
            HelpName = "key=value",
            CustomParser = KeyValues.Parse,
            DefaultValueFactory = static _ => [],
            Arity = ArgumentArity.OneOrMore,
        };
        var partition = new Option<int?>("--partition", "-p")
        {
            Description = "All records to this partition; default by key, else spread",
            HelpName = "n",
        };
        Option<string?> codec = Choices.Codec();
        Option<string?> acks = Choices.Acks();
        var command = new CliCommand(
            "produce",
            "Produces the lines of standard input or of a file, a record each.",
            "seq 1000000 | raftstream produce orders",
            "raftstream produce orders --file orders.txt --key-separator : --header source=import --codec zstd")
        {
            topic, file, separator, headers, partition, codec, acks,
        };
        var client = new ClientOptions(command, console, TimeSpan.FromSeconds(60));
        var output = new OutputOption(command);
        command.Explained(static () =>
            """
            A line ends with a line feed, which is not part of the record; the last one needs none. Exit code 1 when a line was
            not acknowledged, and standard error says which. However often a record has to be sent, it is stored once and in order
            (the producer is idempotent) when all in-sync replicas acknowledge; with --acks leader or none it may be there twice.
            """);
        return command.Does(async (parsed, cancellationToken) =>
        {
            var ledger = new LineLedger();
            TimeSpan timeout = client.TimeoutOf(parsed);
            var options = new ProducerOptions
            {
                Acks = Choices.AcksOf(parsed.GetRequiredValue(acks)!),
                Codec = Choices.CodecOf(parsed.GetRequiredValue(codec)!),
                DeliveryTimeout = timeout,
                MaxBlock = timeout,
                DeliveryHandler = ledger,
            };
            var form = new LineRecord(
                Encoding.UTF8.GetBytes(parsed.GetRequiredValue(separator)),
                [.. parsed.GetRequiredValue(headers).Select(header => new RecordHeader(header.Key, Encoding.UTF8.GetBytes(header.Value)))],
                parsed.GetValue(partition));
            Stream input = Open(parsed.GetValue(file), console);
            await using (input.ConfigureAwait(false))
            {
                RaftStreamClient connected = await client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
                await using var closingConnected = connected.ConfigureAwait(false);
                ProduceSummary summary = await RunAsync(
                    console, connected, options, parsed.GetRequiredValue(topic), form, ledger, input, cancellationToken).ConfigureAwait(false);
                return summary.Print(console, output.Of(parsed));
            }
        });
    }

    private static Stream Open(string? file, CliConsole console) => file is null ? console.In
        : Directory.Exists(file) ? throw new CliException($"{file} is a directory: --file names a file.")
        : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);

    private static async Task<ProduceSummary> RunAsync(
        CliConsole console,
        RaftStreamClient client,
        ProducerOptions options,
        string topicName,
        LineRecord form,
        LineLedger ledger,
        Stream input,
        CancellationToken cancellationToken)
    {
        Producer producer = client.CreateProducer(options);
        await using var closingProducer = producer.ConfigureAwait(false);
        ProducerTopic topic = await producer.GetTopicAsync(topicName, cancellationToken).ConfigureAwait(false);
        if (form.Partition is { } partition && (uint)partition >= (uint)topic.PartitionCount)
        {
            throw new CliException(
                $"Topic \"{topicName}\" has no partition {partition}: it has {topic.PartitionCount}, from 0 to {topic.PartitionCount - 1}.");
        }

        var lines = new LineProducer(topic, form, ledger);
        var clock = Stopwatch.StartNew();
        bool isInterrupted = false;
        var progress = new ProgressLine(console, () =>
            $"{Tables.Number(ledger.Delivered)} records acknowledged, {Tables.Number((long)(ledger.Delivered / clock.Elapsed.TotalSeconds))}/s");
        await using (progress.ConfigureAwait(false))
        {
            try
            {
                await lines.RunAsync(input, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // What was taken is still sent, and counted.
                isInterrupted = true;
            }

            await producer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return new ProduceSummary(topicName, ledger.Delivered, ledger.Failed, lines.Bytes, clock.Elapsed, ledger.Failures(), isInterrupted);
    }
}
