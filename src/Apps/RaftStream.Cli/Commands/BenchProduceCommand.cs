using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.Bench;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>bench produce</c>.</summary>
internal static class BenchProduceCommand
{
    public static Command Create(CliConsole console)
    {
        var records = new Option<long?>("--records", "-n")
        {
            Description = "End after this many records instead of a time",
            HelpName = "n",
            CustomParser = static argument => Sizes.Parse(argument),
        };
        Option<TimeSpan?> duration = BenchOptions.Duration("How long to measure");
        Option<string?> codec = Choices.Codec();
        Option<string?> acks = Choices.Acks();
        var batch = new Option<int?>("--batch-bytes")
        {
            Description = "Size of a full batch; default the SDK's",
            HelpName = "bytes",
            CustomParser = static argument => Sizes.ParseInt(argument),
        };
        var linger = new Option<TimeSpan?>("--linger")
        {
            Description = "Wait for others to share a batch; default the SDK's",
            HelpName = "time",
            CustomParser = static argument => Durations.ParseOrZero(argument),
        };
        var command = new CliCommand(
            "produce",
            "Produces as fast as it goes, on one thread; counts what was acknowledged.",
            "raftstream bench produce --record-size 100 --partitions 6",
            "raftstream bench produce --records 1M --record-size 1KiB --flush commit --output json")
        {
            records, duration, codec, acks, batch, linger,
        };
        var bench = new BenchOptions(command, console);
        return command.Does(async (parsed, cancellationToken) =>
        {
            BenchPlan plan = bench.Of(parsed);
            var counter = new ProduceCounter();
            var defaults = new ProducerOptions();
            ProducerOptions options = defaults with
            {
                Acks = Choices.AcksOf(parsed.GetRequiredValue(acks)!),
                Codec = Choices.CodecOf(parsed.GetRequiredValue(codec)!),
                BatchBytes = parsed.GetValue(batch) ?? defaults.BatchBytes,
                Linger = parsed.GetValue(linger) ?? defaults.Linger,
                DeliveryHandler = counter,
            };
            RaftStreamClient client = await bench.Client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingClient = client.ConfigureAwait(false);
            BenchTopic topic = await BenchTopic.PrepareAsync(client, plan, cancellationToken).ConfigureAwait(false);
            await using var closingTopic = topic.ConfigureAwait(false);
            Producer producer = client.CreateProducer(options);
            await using var closingProducer = producer.ConfigureAwait(false);
            ProducerTopic target = await producer.GetTopicAsync(topic.Name, cancellationToken).ConfigureAwait(false);
            var run = new ProduceRun(producer, target, counter, plan.RecordSize);
            Usage usage;
            long measured;
            var progress = new ProgressLine(console, () => $"{Tables.Number(counter.Delivered)} records acknowledged, warm-up included");
            await using (progress.ConfigureAwait(false))
            {
                await run.RunAsync(plan.WarmUp, cancellationToken).ConfigureAwait(false);
                long before = counter.Delivered;
                var meter = new UsageMeter(plan.BrokerPid);
                await (parsed.GetValue(records) is { } count
                    ? run.RunAsync(count, cancellationToken)
                    : run.RunAsync(parsed.GetValue(duration) ?? BenchOptions.DefaultDuration, cancellationToken)).ConfigureAwait(false);
                usage = meter.Stop();
                measured = counter.Delivered - before;
            }

            (string, string)[] settings =
            [
                ("codec", parsed.GetRequiredValue(codec)!),
                ("acks", parsed.GetRequiredValue(acks)!),
                ("batchBytes", options.BatchBytes.ToString(CultureInfo.InvariantCulture)),
                ("lingerMs", options.Linger.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)),
            ];
            new ThroughputReport("produce", plan, topic, settings, measured, measured * plan.RecordSize, usage).Print(console);
            return ExitCode.Ok;
        });
    }
}
