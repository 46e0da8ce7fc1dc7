using System.CommandLine;
using RaftStream.Benchmarks.Doors;
using RaftStream.Benchmarks.Images;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Benchmarks.Replication;
using RaftStream.Benchmarks.Rpc;
using RaftStream.Benchmarks.Storage;
using RaftStream.Benchmarks.Suite;

namespace RaftStream.Benchmarks;

/// <summary>The command line: <c>&lt;measurement&gt; [option...]</c>, each with its help.</summary>
internal static class BenchmarksCommand
{
    /// <summary>Everything behind it goes to BenchmarkDotNet.</summary>
    public const string Micro = "micro";

    private static readonly Option<string> Raftstream = new("--raftstream")
    {
        Description = "The published raftstream command; scripts/bench builds it",
        DefaultValueFactory = static _ => Environment.GetEnvironmentVariable("RAFTSTREAM_COMMAND") ?? InRepository("artifacts", "raftstream", "raftstream"),
    };

    private static readonly Option<string> ClusterScript = new("--cluster-script")
    {
        Description = "What starts and stops clusters of local processes",
        DefaultValueFactory = static _ => InRepository("scripts", "cluster"),
    };

    /// <summary>All measurements.</summary>
    public static RootCommand Create() => new("Measurements of RaftStream. Options without a measurement are those of suite, e.g. --rounds 3.")
    {
        SuiteCommand.Create(),
        OnCluster(
            "replication", "Throughput, CPU and latency with one and three replicas.", "--rounds", "Each case once per round", 3,
            (parsed, script, rounds) => ReplicationSuite.RunAsync(parsed.GetRequiredValue(Raftstream), script, rounds), Raftstream),
        OnCluster(
            "broker-failover", "From the end of a partition's leader until the partition takes a record again.", "--trials", "Of each kind: kill -9, SIGSTOP, cut off", 50,
            (_, script, trials) => BrokerFailover.RunAsync(script, trials)),
        OnCluster(
            "many-partitions-failover", "kill -9 of a broker that leads many partitions, until each takes a record again.", "--partitions", "All that there are; the killed broker leads them all", 3_000,
            (_, script, partitions) => ManyPartitionsFailover.RunAsync(script, partitions)),
        OnCluster(
            "false-fencing", "Brokers that are fenced and leaders that change although no process was stopped: starved, or everything suspended.", "--seconds", "Of each load", 60,
            (_, script, seconds) => FalseFencing.RunAsync(script, seconds)),
        OnCluster(
            "quorum-failover", "From the end of the active controller to the next metadata write that is answered.", "--trials", "Of each kind: kill -9, SIGSTOP, cut off", 30,
            (_, script, trials) => QuorumFailover.RunAsync(script, trials)),
        QuorumOps(),
        Restart(),
        Plain("image-scale", "Size and speed of metadata images with up to a million partitions.", ImageScale.Run),
        OnFolder("log-append", "What the log adds to the bare write of the same bytes.", LogAppendBenchmarks.Run),
        OnFolder("log-read", "Reading the log out of the page cache into one buffer.", LogReadBenchmarks.Run),
        Rpc(),
        DoorCommands.KafkaDoor(Raftstream, Number("--rounds", "Each case once per round and door", 3)),
        DoorCommands.KafkaFetch(Raftstream, Number("--rounds", "Each way once per round and size", 3)),
        DoorCommands.Librdkafka(Raftstream, Number("--rounds", "Each case once per round", 3), Number("--percent", "Of the usual number of records", 100)),
        new Command(Micro, "Small pieces by BenchmarkDotNet; what follows are its options, e.g. micro --filter '*RecordBatch*', micro --list flat."),
    };

    /// <summary>The words of the command line, with the suite where no measurement is named.</summary>
    public static string[] WithSuite(string[] args) =>
        args is [] || (args[0].StartsWith('-') && args[0] is not ("-h" or "-?" or "--help" or "--version")) ? ["suite", .. args] : args;

    private static Command OnCluster(
        string name, string description, string option, string meaning, int standard, Func<ParseResult, string, int, Task> run, params Option[] more)
    {
        Option<int> number = Number(option, meaning, standard);
        var command = new Command(name, description) { number, ClusterScript };
        foreach (Option one in more)
        {
            command.Options.Add(one);
        }

        command.SetAction(async (parsed, _) => await run(parsed, parsed.GetRequiredValue(ClusterScript), parsed.GetValue(number)));
        return command;
    }

    private static Command QuorumOps()
    {
        var command = new Command("quorum-ops", "Metadata operations through three controllers, beside the price of an fdatasync here.") { ClusterScript };
        command.SetAction(async (parsed, _) => await QuorumOperations.RunAsync(parsed.GetRequiredValue(ClusterScript)));
        return command;
    }

    private static Command Restart()
    {
        var command = new Command("restart", "How long a broker takes to be ready after kill -9, by the number of its segments.") { Raftstream };
        command.SetAction(async (parsed, _) => await RestartTime.RunAsync(parsed.GetRequiredValue(Raftstream)));
        return command;
    }

    private static Command Rpc()
    {
        Option<int> seconds = Number("--seconds", "Of each shape", 3);
        var command = new Command("rpc", "What a gigabyte between two processes costs each of them.") { seconds };
        command.SetAction(async (parsed, _) => await RpcThroughput.RunAsync(parsed.GetValue(seconds)));
        return command;
    }

    private static Command Plain(string name, string description, Action run)
    {
        var command = new Command(name, description);
        command.SetAction(_ => run());
        return command;
    }

    private static Command OnFolder(string name, string description, Action<string> run)
    {
        var folder = new Argument<string>("folder")
        {
            Description = "Where the log is made",
            DefaultValueFactory = static _ => Path.Combine(Path.GetTempPath(), "raftstream-bench"),
        };
        var command = new Command(name, description) { folder };
        command.SetAction(parsed => run(parsed.GetRequiredValue(folder)));
        return command;
    }

    private static Option<int> Number(string name, string description, int standard)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard, HelpName = "n" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var given }] && int.TryParse(given, out int number) && number < 1)
            {
                result.AddError($"{name} must be 1 or more.");
            }
        });
        return option;
    }

    private static string InRepository(params string[] path)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RaftStream.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine([folder ?? "", .. path]);
    }
}
