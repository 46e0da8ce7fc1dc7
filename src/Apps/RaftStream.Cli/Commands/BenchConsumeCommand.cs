using System.CommandLine;
using System.Diagnostics;
using RaftStream.Cli.Bench;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Commands;

/// <summary><c>bench consume</c>.</summary>
internal static class BenchConsumeCommand
{
    public static Command Create(CliConsole console)
    {
        var records = new Option<long>("--records", "-n")
        {
            Description = "Records to produce first, to read them back (not with --topic)",
            HelpName = "n",
            CustomParser = Sizes.Parse,
            DefaultValueFactory = static _ => 5_000_000,
        };
        Option<TimeSpan?> duration = BenchOptions.Duration("Read everything again until this long has passed; once at least");
        Option<string?> codec = Choices.Codec();
        var command = new CliCommand(
            "consume",
            "Reads a topic from its beginning, again and again, looking at every record.",
            "raftstream bench consume --record-size 100 --partitions 6",
            "raftstream bench consume --topic orders --output json")
        {
            records, duration, codec,
        };
        var bench = new BenchOptions(command, console);
        return command.Does(async (parsed, cancellationToken) =>
        {
            BenchPlan plan = bench.Of(parsed);
            RaftStreamClient client = await bench.Client.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
            await using var closingClient = client.ConfigureAwait(false);
            BenchTopic topic = await BenchTopic.PrepareAsync(client, plan, cancellationToken).ConfigureAwait(false);
            await using var closingTopic = topic.ConfigureAwait(false);
            if (plan.Topic is null)
            {
                await FillAsync(
                    console, client, topic, plan, parsed.GetValue(records), parsed.GetRequiredValue(codec)!, cancellationToken).ConfigureAwait(false);
            }

            IReadOnlyList<OffsetAnswer> ends = await client.Admin.ListTopicOffsetsAsync(
                topic.Name, StartPosition.End, cancellationToken).ConfigureAwait(false);
            var run = new ConsumeRun(client, ends);
            if (ends.All(end => end.Offset == 0))
            {
                throw new CliException($"Topic \"{topic.Name}\" holds no records to read.");
            }

            Usage usage;
            long recordsBefore;
            long bytesBefore;
            var progress = new ProgressLine(console, () => $"{Tables.Number(run.Records)} records read, warm-up included");
            await using (progress.ConfigureAwait(false))
            {
                await RepeatAsync(run, plan.WarmUp, isExact: true, cancellationToken).ConfigureAwait(false);
                (recordsBefore, bytesBefore) = (run.Records, run.Bytes);
                var meter = new UsageMeter(plan.BrokerPid);
                await RepeatAsync(
                    run, parsed.GetValue(duration) ?? BenchOptions.DefaultDuration, isExact: false, cancellationToken).ConfigureAwait(false);
                usage = meter.Stop();
            }

            new ThroughputReport(
                "consume",
                plan,
                topic,
                [("codec", parsed.GetRequiredValue(codec)!)],
                run.Records - recordsBefore,
                run.Bytes - bytesBefore,
                usage).Print(console);
            return ExitCode.Ok;
        });
    }

    private static async Task FillAsync(
        CliConsole console,
        RaftStreamClient client,
        BenchTopic topic,
        BenchPlan plan,
        long records,
        string codec,
        CancellationToken cancellationToken)
    {
        var counter = new ProduceCounter();
        Producer producer = client.CreateProducer(new ProducerOptions { Codec = Choices.CodecOf(codec), DeliveryHandler = counter });
        await using var closingProducer = producer.ConfigureAwait(false);
        ProducerTopic target = await producer.GetTopicAsync(topic.Name, cancellationToken).ConfigureAwait(false);
        var progress = new ProgressLine(console, () => $"producing first: {Tables.Number(counter.Delivered)} of {Tables.Number(records)}");
        await using (progress.ConfigureAwait(false))
        {
            await new ProduceRun(producer, target, counter, plan.RecordSize).RunAsync(
                records, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whole passes until the time has passed; with <paramref name="isExact"/> the last one is cut short.</summary>
    private static async Task RepeatAsync(
        ConsumeRun run, TimeSpan duration, bool isExact, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        long before = run.Records;
        bool isOver() => Stopwatch.GetElapsedTime(start) >= duration;
        while (isExact ? !isOver() : run.Records == before || !isOver())
        {
            long atStartOfPass = run.Records;
            await run.PassAsync(isExact ? isOver : null, cancellationToken).ConfigureAwait(false);
            if (run.Records == atStartOfPass)
            {
                break;
            }
        }
    }
}
