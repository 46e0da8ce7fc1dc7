using RaftStream.Cli.Dump;
using RaftStream.Cli.Output;
using RaftStream.Cli.Processes;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Demo;

/// <summary>The demo: a broker, real lines in, kill -9 in the middle, a new start, everything back, compared.</summary>
internal sealed class DemoRun(DemoOptions options, Narrator narrator)
{
    /// <summary>Steps told.</summary>
    public const int Steps = 8;

    private const string Topic = "demo";
    private const string LineHeader = "line";

    // Lines are handed over a few at a time, so that there is a middle to kill the broker in.
    private const int LinesPerBurst = 500;
    private static readonly TimeSpan BurstEvery = TimeSpan.FromMilliseconds(20);

    // Just before the kill more is sent at once, so that it hits the broker while it works.
    private const int LinesInBurstBeforeKill = 10_000;
    private static readonly TimeSpan KillAfterBurst = TimeSpan.FromMilliseconds(8);

    private readonly BrokerPorts _ports = BrokerPorts.Free();
    private readonly SentLines _sent = new();

    /// <summary>Times from a broker's start to its being ready.</summary>
    public List<TimeSpan> Starts { get; } = [];

    /// <summary>Acknowledged when the broker was killed.</summary>
    public long AcknowledgedAtKill { get; private set; }

    /// <summary>Where the lines are from.</summary>
    public string Origin { get; private set; } = "";

    /// <summary>Runs it all; throws when a step does not even come to its end.</summary>
    public async Task<DemoVerdict> RunAsync(CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("raftstream-demo-").FullName;
        try
        {
            return await RunAsync(folder, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!options.KeepFolder)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private async Task<DemoVerdict> RunAsync(string folder, CancellationToken cancellationToken)
    {
        string data = Path.Combine(folder, "data");
        narrator.Step($"Starting a broker: data in {data}, gRPC on {_ports.Endpoint}");
        BrokerProcess broker = await StartAsync(data, cancellationToken).ConfigureAwait(false);
        try
        {
            var client = new RaftStreamClient(_ports.Endpoint);
            await using var closingClient = client.ConfigureAwait(false);
            narrator.Step($"Creating topic \"{Topic}\": {options.Partitions} partitions, flush=commit (acknowledged means: on the disk)");
            await CreateTopicAsync(client, cancellationToken).ConfigureAwait(false);

            SourceLines source = SourceLines.Collect(options.File, options.Lines);
            Origin = source.Origin;
            string size = Tables.Size(source.Lines.Sum(line => (long)line.Length));
            narrator.Step($"Producing {Tables.Number(source.Lines.Count)} log lines ({size}) over gRPC");
            narrator.Detail(source.Origin);
            Producer producer = client.CreateProducer(new ProducerOptions { DeliveryHandler = _sent });
            await using (producer.ConfigureAwait(false))
            {
                ProducerTopic topic = await producer.GetTopicAsync(Topic, cancellationToken).ConfigureAwait(false);
                await ProduceAsync(topic, source.Lines, to: options.Lines / 2, cancellationToken).ConfigureAwait(false);
                await KillInTheMiddleAsync(broker, topic, source.Lines, cancellationToken).ConfigureAwait(false);

                // The producer goes on while there is no broker: what it takes now waits in its memory.
                Task producing = Task.Run(() => ProduceAsync(topic, source.Lines, to: options.Lines, cancellationToken), cancellationToken);
                narrator.Step("Starting it again on the same folder");
                await broker.DisposeAsync().ConfigureAwait(false);
                broker = await StartAsync(data, cancellationToken).ConfigureAwait(false);
                await producing.ConfigureAwait(false);
                await producer.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            narrator.Step(
                "The producer has sent again what was not answered, and finished: "
                + $"{Tables.Number(_sent.Acknowledged)} acknowledged, {Tables.Number(_sent.Failed)} failed");
            if (_sent.Failed > 0)
            {
                throw new CliException(
                    $"{_sent.Failed} records were given up: {_sent.Failure}\nThe broker said:\n{broker.Log}");
            }

            IReadOnlyList<IReadOnlyList<ReturnedRecord>> returned = await ConsumeAsync(
                client, cancellationToken).ConfigureAwait(false);
            long count = returned.Sum(records => records.Count);
            narrator.Step($"Consuming everything back: {Tables.Number(count)} records; comparing them byte by byte");
            DemoVerdict verdict = DemoVerdict.Compare(source.Lines, _sent, returned);
            await StopAndLookAsync(broker, data).ConfigureAwait(false);
            return verdict;
        }
        finally
        {
            await broker.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<BrokerProcess> StartAsync(string data, CancellationToken cancellationToken)
    {
        BrokerProcess broker = await BrokerProcess.StartAsync(
            program: null, data, _ports, [], cancellationToken).ConfigureAwait(false);
        Starts.Add(broker.ReadyAfter);
        string readyAfter = Tables.Number((long)broker.ReadyAfter.TotalMilliseconds);
        narrator.Detail($"process {broker.Pid}, ready after {readyAfter} ms");
        return broker;
    }

    private async Task CreateTopicAsync(RaftStreamClient client, CancellationToken cancellationToken)
    {
        var spec = new TopicSpec
        {
            Name = Topic,
            Partitions = options.Partitions,
            Configs = new Dictionary<string, string> { ["flush"] = "commit" },
        };
        IReadOnlyList<TopicOutcome> outcomes = await client.Admin.CreateTopicsAsync(
            [spec], validateOnly: false, cancellationToken).ConfigureAwait(false);
        outcomes[0].ThrowIfFailed();
    }

    private async Task KillInTheMiddleAsync(
        BrokerProcess broker, ProducerTopic topic, IReadOnlyList<byte[]> lines, CancellationToken cancellationToken)
    {
        await TakeAsync(topic, lines, LinesInBurstBeforeKill, cancellationToken).ConfigureAwait(false);
        await Task.Delay(KillAfterBurst, cancellationToken).ConfigureAwait(false);
        await broker.KillAsync().ConfigureAwait(false);
        AcknowledgedAtKill = _sent.Acknowledged;
        string underWay = Tables.Number(_sent.Taken - AcknowledgedAtKill);
        narrator.Step($"kill -9 {broker.Pid}: {Tables.Number(AcknowledgedAtKill)} acknowledged so far, {underWay} under way");
    }

    private async Task ProduceAsync(
        ProducerTopic topic, IReadOnlyList<byte[]> lines, int to, CancellationToken cancellationToken)
    {
        using var pace = new PeriodicTimer(BurstEvery);
        while (_sent.Taken < to && await pace.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            await TakeAsync(
                topic, lines, Math.Min(LinesPerBurst, to - _sent.Taken), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(
        ProducerTopic topic, IReadOnlyList<byte[]> lines, int count, CancellationToken cancellationToken)
    {
        for (int end = Math.Min(_sent.Taken + count, lines.Count); _sent.Taken < end;)
        {
            if (!TryTake(topic, lines[_sent.Taken]))
            {
                await topic.WaitForSpaceAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool TryTake(ProducerTopic topic, byte[] line)
    {
        var number = new RecordHeader(LineHeader, BitConverter.GetBytes(_sent.Taken));
        if (!topic.TryProduce(new BorrowedRecord { Value = line, Headers = [number] }, out ProduceTicket ticket))
        {
            return false;
        }

        _sent.Note(ticket);
        return true;
    }

    private static async Task<IReadOnlyList<IReadOnlyList<ReturnedRecord>>> ConsumeAsync(
        RaftStreamClient client, CancellationToken cancellationToken)
    {
        IReadOnlyList<OffsetAnswer> ends = await client.Admin.ListTopicOffsetsAsync(
            Topic, StartPosition.End, cancellationToken).ConfigureAwait(false);
        List<List<ReturnedRecord>> returned = [.. ends.Select(_ => new List<ReturnedRecord>())];
        long left = ends.Sum(end => end.Offset);
        Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.None });
        await using var closingConsumer = consumer.ConfigureAwait(false);
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning, cancellationToken).ConfigureAwait(false);
        if (left == 0)
        {
            return returned;
        }

        await foreach (ConsumedBatch batch in consumer.ConsumeBatchesAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (RecordView record in batch)
            {
                returned[batch.Partition.Partition].Add(new ReturnedRecord(record.Offset, LineOf(record), record.Value.Span.ToArray()));
                left--;
            }

            if (left <= 0)
            {
                break;
            }
        }

        return returned;
    }

    private static int LineOf(in RecordView record)
    {
        foreach (RecordHeaderView header in record.Headers)
        {
            if (header.Value.Length == sizeof(int))
            {
                return BitConverter.ToInt32(header.Value.Span);
            }
        }

        return -1;
    }

    /// <summary>Stops the broker as one should, and looks at what it left on the disk.</summary>
    private async Task StopAndLookAsync(BrokerProcess broker, string data)
    {
        int exitCode = await broker.StopAsync().ConfigureAwait(false);
        long batches = 0;
        long records = 0;
        foreach (string file in Directory.EnumerateFiles(data, "*.log", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)!).StartsWith($"{Topic}-", StringComparison.Ordinal)))
        {
            using var scanner = new SegmentScanner(file);
            while (scanner.MoveNext())
            {
            }

            if (scanner.Problems.FirstOrDefault(problem => problem.IsCorruption) is { Message: { } message })
            {
                throw new CliException($"{file} is corrupt: {message}");
            }

            batches += scanner.BatchCount;
            records += scanner.RecordCount;
        }

        narrator.Step(
            $"Stopping the broker (exit code {exitCode}); its files hold {Tables.Number(records)} records in "
            + $"{Tables.Number(batches)} batches, every checksum right");
    }
}
