using System.Diagnostics;
using System.Globalization;
using RaftStream.Benchmarks.Suite;
using RaftStream.Cli.Output;
using Spectre.Console;

namespace RaftStream.Benchmarks.Doors;

/// <summary><c>kafka-door</c>: the same load through the gRPC door and the Kafka door of one broker, in turns, flush=os.</summary>
/// <remarks>Both clients send batches that were encoded before, five requests under way; so what differs is the doors.</remarks>
internal static class DoorsSuite
{
    private const long ReadTopicBytes = 1L << 30;

    private static readonly string[] Doors = ["grpc", "kafka"];

    /// <param name="command">A published raftstream.</param>
    /// <param name="rounds">Each case once per round and door.</param>
    /// <param name="only">Part of a case's name; empty is all.</param>
    public static async Task RunAsync(string command, int rounds, TimeSpan warmUp, TimeSpan duration, string only)
    {
        using var console = CliConsole.OfProcess();
        List<DoorCase> cases = [.. DoorCase.All.Where(one => one.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
        var figures = cases.SelectMany(shape => Doors, (shape, door) => (shape, door)).ToDictionary(key => key, _ => new Dictionary<string, Samples>());
        await using (DoorBroker broker = await DoorBroker.StartAsync(command))
        {
            for (int round = 1; round <= rounds; round++)
            {
                foreach (DoorCase shape in cases)
                {
                    console.Error.WriteLine($"round {round} of {rounds}: {shape.Name}");
                    // Who is first changes with each round.
                    IEnumerable<string> order = round % 2 == 1 ? Doors : Doors.Reverse();
                    await RunAsync(broker, shape, order, warmUp, duration, door => figures[(shape, door)]);
                }
            }
        }

        console.Text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} processors, {rounds} rounds, {warmUp.TotalSeconds:0.#} s warm-up and {duration.TotalSeconds:0.#} s measured each; median (min-max)"));
        Print(console, figures);
    }

    private static async Task RunAsync(
        DoorBroker broker, DoorCase shape, IEnumerable<string> doors, TimeSpan warmUp, TimeSpan duration, Func<string, Dictionary<string, Samples>> figures)
    {
        string? common = shape.Reads ? await FillAsync(broker, shape) : null;
        foreach (string door in doors)
        {
            if (common is null)
            {
                broker.Prewarm();
            }

            string topic = common ?? await broker.CreateAsync(shape.Partitions);
            DoorLoad load = door == "kafka" ? new KafkaLoad(shape, topic, broker.Ports.KafkaEndpoint) : new GrpcLoad(shape, topic, broker.Ports.Endpoint);
            await MeasureAsync(broker, load, shape, warmUp, duration, figures(door));
            if (common is null)
            {
                await broker.DeleteAsync(topic);
            }
        }

        if (common is not null)
        {
            await broker.DeleteAsync(common);
        }
    }

    /// <summary>A topic to read.</summary>
    private static async Task<string> FillAsync(DoorBroker broker, DoorCase shape)
    {
        broker.Prewarm();
        string topic = await broker.CreateAsync(shape.Partitions);
        long left = ReadTopicBytes / ((long)shape.BatchBytes * shape.BatchesPerRequest);
        await new KafkaLoad(shape, topic, broker.Ports.KafkaEndpoint).ProduceAsync(() => left-- > 0);
        return topic;
    }

    private static async Task MeasureAsync(
        DoorBroker broker, DoorLoad load, DoorCase shape, TimeSpan warmUp, TimeSpan duration, Dictionary<string, Samples> figures)
    {
        await RunAsync(load, shape, warmUp);
        DoorUsage before = await broker.ReadAsync();
        long began = Stopwatch.GetTimestamp();
        LoadCount count = await RunAsync(load, shape, duration);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        DoorUsage used = await broker.ReadAsync() - before;
        double millions = count.Records / 1e6;
        double gigabytes = count.Records * shape.RecordBytes / 1e9;
        Add(figures, "records", count.Records / seconds / 1e6);
        Add(figures, "megabytes", gigabytes * 1e3 / seconds);
        Add(figures, "perMillion", used.CpuSeconds / millions);
        Add(figures, "perGigabyte", used.CpuSeconds / gigabytes);
        Add(figures, "perRequest", used.CpuSeconds / count.Requests * 1e6);
        Add(figures, "clientPerGigabyte", used.ClientCpuSeconds / gigabytes);
        Add(figures, "allocated", Math.Max(0, used.AllocatedBytes) / count.Requests);
    }

    private static Task<LoadCount> RunAsync(DoorLoad load, DoorCase shape, TimeSpan time)
    {
        long began = Stopwatch.GetTimestamp();
        Func<bool> goOn = () => Stopwatch.GetElapsedTime(began) < time;
        return shape.Reads ? load.ConsumeAsync(goOn) : load.ProduceAsync(goOn);
    }

    private static void Add(Dictionary<string, Samples> figures, string name, double value)
    {
        if (!figures.TryGetValue(name, out Samples? samples))
        {
            figures.Add(name, samples = new Samples());
        }

        samples.Add(value);
    }

    private static void Print(CliConsole console, Dictionary<(DoorCase Shape, string Door), Dictionary<string, Samples>> figures)
    {
        Table table = Tables.Create(
            "case", "door", "#M records/s", "#MB/s", "#broker CPU s/million", "#s/GB", "#us/request", "#client s/GB", "#allocated B/request");
        foreach (((DoorCase shape, string door), Dictionary<string, Samples> of) in figures)
        {
            table.Row(
                shape.Name, door, of["records"].Show(2), of["megabytes"].Show(0), of["perMillion"].Show(3), of["perGigabyte"].Show(2),
                of["perRequest"].Show(1), of["clientPerGigabyte"].Show(2), of["allocated"].Show(0));
        }

        table.Print(console);
    }
}
