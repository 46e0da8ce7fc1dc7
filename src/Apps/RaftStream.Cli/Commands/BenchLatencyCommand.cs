using System.CommandLine;
using RaftStream.Cli.Bench;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>bench latency</c>.</summary>
internal static class BenchLatencyCommand
{
    public static Command Create(CliConsole console)
    {
        var rate = new Option<double>("--rate")
        {
            Description = "Records a second",
            HelpName = "n",
            DefaultValueFactory = static _ => 5_000,
        }.Checked(static perSecond => perSecond is > 0 and <= 1_000_000, "--rate must be above 0 and at most 1000000.");
        var records = new Option<long?>("--records", "-n")
        {
            Description = "End after this many records instead of a time",
            HelpName = "n",
            CustomParser = static argument => Sizes.Parse(argument),
        };
        Option<TimeSpan?> duration = BenchOptions.Duration("How long to measure");
        var data = new Option<string?>("--data")
        {
            Description = "Data folder of the broker: the price of one fdatasync on its disk is measured too",
            HelpName = "folder",
        };
        Option<string?> acks = Choices.Acks();
        var command = new CliCommand(
            "latency",
            "Sends single records at a steady pace; times their way to the acknowledgement and to a consumer.",
            "raftstream bench latency --rate 5000 --flush os",
            "raftstream bench latency --flush commit --data /tmp/rs --output json")
        {
            rate, records, duration, acks, data,
        };
        var bench = new BenchOptions(command, console);
        return command.Does(async (parsed, cancellationToken) =>
        {
            BenchPlan plan = bench.Of(parsed);
            double perSecond = parsed.GetValue(rate);
            LatencySummary? fdatasync = Probe(parsed.GetValue(data));
            RaftStreamClient client = await bench.Client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingClient = client.ConfigureAwait(false);
            BenchTopic topic = await BenchTopic.PrepareAsync(client, plan, cancellationToken).ConfigureAwait(false);
            await using var closingTopic = topic.ConfigureAwait(false);
            var run = new LatencyRun(plan.RecordSize);
            var options = new ProducerOptions
            {
                Linger = TimeSpan.Zero,
                Acks = Choices.AcksOf(parsed.GetRequiredValue(acks)!),
                DeliveryHandler = run,
            };
            Producer producer = client.CreateProducer(options);
            await using var closingProducer = producer.ConfigureAwait(false);
            ProducerTopic target = await producer.GetTopicAsync(topic.Name, cancellationToken).ConfigureAwait(false);
            Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.None });
            await using var closingConsumer = consumer.ConfigureAwait(false);
            consumer.Assign(new NamedPartition(topic.Name, 0), await EndOfAsync(client, topic, cancellationToken).ConfigureAwait(false));
            using var receiving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task receiver = run.ReceiveAsync(consumer, receiving.Token);
            Usage usage;
            await using (new ProgressLine(console, () => $"{Tables.Number(run.Sent)} records sent").ConfigureAwait(false))
            {
                await run.RunAsync(
                    producer, target, perSecond, (long)(plan.WarmUp.TotalSeconds * perSecond), cancellationToken).ConfigureAwait(false);
                TimeSpan measured = parsed.GetValue(duration) ?? BenchOptions.DefaultDuration;
                long count = parsed.GetValue(records) ?? Math.Max(1, (long)(measured.TotalSeconds * perSecond));
                var meter = new UsageMeter(plan.BrokerPid);
                await run.RunAsync(producer, target, perSecond, count, cancellationToken).ConfigureAwait(false);
                usage = meter.Stop();
            }

            await receiving.CancelAsync().ConfigureAwait(false);
            await receiver.ConfigureAwait(false);
            new LatencyReport(
                plan,
                topic,
                perSecond,
                run.Sent,
                run.LateSends,
                LatencySummary.Of(run.EndToEnd),
                LatencySummary.Of(run.Ack),
                fdatasync,
                usage).Print(console);
            return ExitCode.Ok;
        });
    }

    private static LatencySummary? Probe(string? folder) => folder switch
    {
        null => null,
        _ when Directory.Exists(folder) => LatencySummary.Of(DiskProbe.Measure(folder)),
        _ => throw new CliException($"There is no folder {folder}."),
    };

    private static async Task<StartPosition> EndOfAsync(
        RaftStreamClient client, BenchTopic topic, CancellationToken cancellationToken)
    {
        IReadOnlyList<OffsetAnswer> ends = await client.Admin.ListOffsetsAsync(
            [new NamedPartition(topic.Name, 0)], StartPosition.End, cancellationToken).ConfigureAwait(false);
        return StartPosition.AtOffset(ends[0].Offset);
    }
}
