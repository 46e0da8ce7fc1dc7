using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using RaftStream.Benchmarks.Suite;
using RaftStream.Cli.Bench;
using RaftStream.Cli.Output;
using Spectre.Console;

namespace RaftStream.Benchmarks.Doors;

/// <summary><c>kafka-fetch</c>: a log out of the page cache through the Kafka door, beside C programs that send the same pieces of the same file.</summary>
internal static class FetchSuite
{
    private const long FileBytes = 768L << 20;

    private static readonly string[] Ways = ["kafka door", "sendfile in C", "read and write in C"];
    private static readonly int[] Pieces = [16 << 10, 128 << 10, 1 << 20, 8 << 20];

    /// <param name="command">A published raftstream.</param>
    /// <param name="rounds">Each way once per round and size.</param>
    public static async Task RunAsync(string command, int rounds, TimeSpan duration)
    {
        using var console = CliConsole.OfProcess();
        string folder = Directory.CreateTempSubdirectory("raftstream-sendfile-").FullName;
        try
        {
            string program = await SendfileServer.CompileAsync(folder);
            var samples = Pieces.SelectMany(piece => Ways, (piece, way) => (piece, way)).ToDictionary(key => key, _ => new FetchFigures());
            await using DoorBroker broker = await DoorBroker.StartAsync(command);
            broker.Prewarm();
            var small = new DoorCase(true, 1 << 10, 16 << 10, 1);
            string topic = await broker.CreateAsync(1);
            long left = FileBytes / small.BatchBytes;
            await new KafkaLoad(small, topic, broker.Ports.KafkaEndpoint).ProduceAsync(() => left-- > 0);
            string file = broker.FileOf(topic, 0);
            for (int round = 1; round <= rounds; round++)
            {
                foreach (int piece in Pieces)
                {
                    console.Error.WriteLine($"round {round} of {rounds}: {piece >> 10} KiB");
                    await DoorAsync(broker, new KafkaLoad(small, topic, broker.Ports.KafkaEndpoint, piece), duration, samples[(piece, Ways[0])]);
                    await ProgramAsync(program, file, "sendfile", piece, duration, samples[(piece, Ways[1])]);
                    await ProgramAsync(program, file, "copy", piece, duration, samples[(piece, Ways[2])]);
                }
            }

            Print(console, samples);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task DoorAsync(DoorBroker broker, KafkaLoad load, TimeSpan duration, FetchFigures figures)
    {
        await load.ConsumeAsync(For(TimeSpan.FromSeconds(1)));
        Dictionary<string, double> before = await broker.FetchBytesAsync();
        await MeasureAsync(broker.Pid, figures, async () =>
        {
            await load.ConsumeAsync(For(duration));
            Dictionary<string, double> after = await broker.FetchBytesAsync();
            double bytes = after.Sum(path => path.Value) - before.Sum(path => path.Value);
            figures.BySendfile.Add(100 * (after.GetValueOrDefault("sendfile") - before.GetValueOrDefault("sendfile")) / bytes);
            return bytes;
        });
    }

    private static async Task ProgramAsync(string program, string file, string way, int piece, TimeSpan duration, FetchFigures figures)
    {
        using SendfileServer server = await SendfileServer.StartAsync(program, file, way);
        using var socket = new KafkaSocket($"127.0.0.1:{server.Port}");
        long end = new FileInfo(file).Length;
        long offset = 0;
        await MeasureAsync(server.Pid, figures, () => Task.Run(() =>
        {
            double bytes = 0;
            for (Func<bool> goOn = For(duration); goOn(); bytes += piece)
            {
                offset = offset + piece > end ? 0 : offset;
                socket.Send(MemoryMarshal.AsBytes<long>([offset, piece]));
                socket.ReceiveExactly(piece);
                offset += piece;
            }

            return bytes;
        }));
    }

    private static async Task MeasureAsync(int pid, FetchFigures figures, Func<Task<double>> run)
    {
        double cpu = ProcFiles.CpuSeconds(pid) ?? 0;
        double own = Environment.CpuUsage.TotalTime.TotalSeconds;
        long began = Stopwatch.GetTimestamp();
        double gigabytes = await run() / 1e9;
        figures.Rate.Add(gigabytes / Stopwatch.GetElapsedTime(began).TotalSeconds);
        figures.Server.Add(((ProcFiles.CpuSeconds(pid) ?? 0) - cpu) / gigabytes);
        figures.Client.Add((Environment.CpuUsage.TotalTime.TotalSeconds - own) / gigabytes);
    }

    private static Func<bool> For(TimeSpan time)
    {
        long began = Stopwatch.GetTimestamp();
        return () => Stopwatch.GetElapsedTime(began) < time;
    }

    private static void Print(CliConsole console, Dictionary<(int Piece, string Way), FetchFigures> samples)
    {
        Table table = Tables.Create("#piece", "way", "#GB/s", "#server CPU s/GB", "#client CPU s/GB", "#% by sendfile");
        foreach (((int piece, string way), FetchFigures of) in samples)
        {
            table.Row(
                string.Create(CultureInfo.InvariantCulture, $"{piece >> 10} KiB"),
                way, of.Rate.Show(2), of.Server.Show(3), of.Client.Show(3), of.BySendfile.Show(1));
        }

        table.Print(console);
    }

    private sealed class FetchFigures
    {
        public Samples Rate { get; } = new();

        public Samples Server { get; } = new();

        public Samples Client { get; } = new();

        public Samples BySendfile { get; } = new();
    }
}
