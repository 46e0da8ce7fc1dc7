using System.CommandLine;
using RaftStream.Cli.CommandLine;

namespace RaftStream.Benchmarks.Suite;

/// <summary>How the suite runs.</summary>
/// <param name="Command">The raftstream command, published.</param>
/// <param name="Folder">Brokers' data goes below it.</param>
/// <param name="Only">Part of a case's name; empty is all.</param>
/// <param name="JsonFile">Where the results go as JSON too; null is nowhere.</param>
internal sealed record SuiteOptions(
    string Command, string Folder, int Rounds, TimeSpan WarmUp, TimeSpan Duration, string Only, string? JsonFile, long PrewarmBytes)
{
    /// <summary>The command line of the suite.</summary>
    /// <param name="run">What to do with the options.</param>
    public static Command CommandLine(Func<SuiteOptions, CancellationToken, Task<int>> run)
    {
        var command = new Option<string>("--raftstream")
        {
            Description = "The published raftstream command",
            DefaultValueFactory = static _ => Environment.GetEnvironmentVariable("RAFTSTREAM_COMMAND") ?? "artifacts/raftstream/raftstream",
        };
        var folder = new Option<string>("--folder")
        {
            Description = "Where brokers keep their data",
            DefaultValueFactory = static _ => Path.GetTempPath(),
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often each case is run, alternating",
            DefaultValueFactory = static _ => 5,
        };
        Option<TimeSpan?> warmUp = Durations.Option("--warm-up", "Load before the clock starts; default 5s");
        Option<TimeSpan?> duration = Durations.Option("--duration", "Measured time of one run; default 6s");
        var only = new Option<string>("--only")
        {
            Description = "Only the cases with this in their name",
            DefaultValueFactory = static _ => "",
        };
        var json = new Option<string?>("--json") { Description = "Write the results to this file too" };
        var prewarm = new Option<long?>("--prewarm")
        {
            Description = "Bytes of page cache to touch before each run; default 3GiB",
            CustomParser = static argument => Sizes.Parse(argument),
        };
        var root = new Command("suite", "The default: measures the published raftstream command: broker and client as two processes on loopback.")
        {
            command, folder, rounds, warmUp, duration, only, json, prewarm,
        };
        root.SetAction((parsed, cancellationToken) => run(
            new SuiteOptions(
                Path.GetFullPath(parsed.GetRequiredValue(command)),
                parsed.GetRequiredValue(folder),
                parsed.GetValue(rounds),
                parsed.GetValue(warmUp) ?? TimeSpan.FromSeconds(5),
                parsed.GetValue(duration) ?? TimeSpan.FromSeconds(6),
                parsed.GetRequiredValue(only),
                parsed.GetValue(json),
                parsed.GetValue(prewarm) ?? 3L << 30),
            cancellationToken));
        return root;
    }
}
