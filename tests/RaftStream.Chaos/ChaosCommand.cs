using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using RaftStream.Chaos.Clusters;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Nemeses;
using RaftStream.Chaos.Reports;
using RaftStream.Cli.CommandLine;
using RaftStream.Client;

namespace RaftStream.Chaos;

/// <summary>The command line: <c>&lt;fault&gt; [option...]</c>.</summary>
internal static class ChaosCommand
{
    private const int Good = 0;
    private const int Wrong = 1;
    private const int NoVerdict = 2;
    private const string None = "none";

    private static readonly ChaosOptions Standard = new();
    private static readonly Argument<string> Fault = new("fault") { Description = $"{string.Join(", ", AllNemeses.List.Select(one => one.Name))}; none; or command, with --hit." };
    private static readonly Option<bool> Local = new("--local") { Description = "Against processes of this machine, started by scripts/cluster and removed afterwards. The default." };
    private static readonly Option<bool> Compose = new("--compose") { Description = "Against the containers of docker-compose.yml, started by scripts/compose and removed afterwards." };
    private static readonly Option<string?> Bootstrap = new("--bootstrap") { Description = "Against a cluster of yours: host:port,... of its brokers. Topics are made in it and deleted in the end. Faults: none, command, and those that any administrator can do: voters, reassign, membership." };
    private static readonly Option<string?> Hit = new("--hit") { Description = "With the fault command: what to run, by sh -c, to hurt the cluster." };
    private static readonly Option<string?> Heal = new("--heal") { Description = "With the fault command: what to run to undo it." };
    private static readonly Option<int> Duration = Number("--duration", "Seconds of faults.", (int)Standard.Duration.TotalSeconds);
    private static readonly Option<long> Seed = new("--seed") { Description = "Decides the faults and their times.", DefaultValueFactory = _ => (long)Standard.Seed };
    private static readonly Option<int> Producers = Number("--producers", "Producers of the SDK; a thin gRPC client per partition comes on top.", Standard.Producers);
    private static readonly Option<int> Consumers = Number("--consumers", "Consumers of the SDK; a thin gRPC client per partition comes on top.", Standard.Consumers);
    private static readonly Option<int> Topics = Number("--topics", "Topics.", Standard.Topics);
    private static readonly Option<int> Partitions = Number("--partitions", "Partitions of each topic.", Standard.Partitions);
    private static readonly Option<int> Replicas = Number("--replication-factor", "Copies of each partition; with 3 or more, min.insync.replicas is 2.", Standard.ReplicationFactor);
    private static readonly Option<string> Flush = new("--flush") { Description = "The topics' flush: commit or os.", DefaultValueFactory = _ => Standard.Flush };
    private static readonly Option<int> Rate = Number("--rate", "Records a second of each producer.", Standard.Rate);
    private static readonly Option<int?> FailoverLimit = new("--failover-limit")
    {
        Description = "Milliseconds that a partition may take no writes when its leader is killed while all replicas are in sync (99th percentile); 0 is no limit. "
            + "Default 1000, and no limit where machines are bad, since those are slow, or where there is sabotage.",
    };

    private static readonly Option<string?> Report = new("--report") { Description = "Folder for the report; default artifacts/chaos-reports/<fault>-<seed>." };
    private static readonly Option<string> Sabotage = new("--sabotage")
    {
        Description = "Breaks something on purpose, to see that it is found: liar (flushes do nothing), eager (leaders acknowledge before they replicate), careless (followers do not truncate where logs part), leader-acks (producers do not wait for followers), unnumbered (producers number nothing, so that brokers cannot know what comes twice).",
        DefaultValueFactory = _ => None,
    };

    private static RootCommand Create()
    {
        var root = new RootCommand("A cluster under load and faults, and a history of it that is held against the rules. Exit code 0 only if nothing is wrong, 1 if something is, 2 if there is no verdict: the command makes no sense, the cluster cannot be set up or reached, or no fault struck.")
        {
            Fault, Local, Compose, Bootstrap, Hit, Heal, Duration, Seed, Producers, Consumers, Topics, Partitions, Replicas, Flush, Rate, FailoverLimit, Report, Sabotage,
        };
        root.SetAction(RunAsync);
        return root;
    }

    /// <summary>Reads the command line and does what it says.</summary>
    /// <returns>The exit code: 0 good, 1 wrong, 2 when there is no verdict, because the command line makes no sense, the run could not be done, or it proves nothing.</returns>
    public static Task<int> InvokeAsync(string[] args, TextWriter error)
    {
        ParseResult parsed = Create().Parse(args);
        // No limit: a run that is broken off by Ctrl+C heals, checks what it has, and takes its cluster down.
        return parsed.Action is ParseErrorAction
            ? Task.FromResult(UsageErrors.Explain(parsed, "scripts/chaos/kill-leader --help", error))
            : parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string fault = parsed.GetRequiredValue(Fault);
        INemesis? nemesis = fault == "command" && parsed.GetValue(Hit) is { } hit ? new GivenCommands(hit, parsed.GetValue(Heal)) : AllNemeses.Find(fault);
        if (Mistake(parsed, fault, nemesis) is { } mistake)
        {
            await Console.Error.WriteLineAsync($"error: {mistake}");
            return NoVerdict;
        }

        ChaosOptions options = OptionsOf(parsed, nemesis);
        int code = NoVerdict;
        try
        {
            await using ICluster cluster = await StartAsync(parsed, nemesis, options);
            History history = await new ChaosRun(cluster, nemesis, options, Console.WriteLine).RunAsync(cancellationToken);
            Verdict verdict = Verdict.Of(history);
            code = verdict.IsGood ? Good : verdict.IsWrong ? Wrong : NoVerdict;
            string folder = parsed.GetValue(Report) ?? Path.Combine(Repository.Root, "artifacts", "chaos-reports", string.Create(CultureInfo.InvariantCulture, $"{fault}-{options.Seed}"));
            string words = string.Join(' ', parsed.Tokens.Select(token => token.Value));
            string page = await ReportFolder.WriteAsync(folder, verdict, new RunFacts(fault, $"scripts/chaos/{words}", options), cluster);
            Console.WriteLine($"{TextReport.Write(verdict)}report: {page}");
            return code;
        }
        catch (Exception exception) when (exception is ClusterException or RaftStreamException)
        {
            await Console.Error.WriteLineAsync($"error: {exception.Message}");
            return code == Wrong ? Wrong : NoVerdict; // What was found stays found, though the cluster cannot be taken down.
        }
    }

    private static string? Mistake(ParseResult parsed, string fault, INemesis? nemesis)
    {
        bool isForeign = parsed.GetValue(Bootstrap) is not null;
        return nemesis is null && fault != None ? $"there is no fault \"{fault}\"; --help names them"
            : parsed.GetValue(Compose) && isForeign || parsed.GetValue(Local) && (parsed.GetValue(Compose) || isForeign) ? "of --local, --compose and --bootstrap one is enough"
            : isForeign && nemesis is not (null or GivenCommands) && !nemesis.IsAdministrative
                ? $"{fault} is done to machines and processes, and those of your cluster are yours: let this program do it by a command of yours,\n  scripts/chaos/command --bootstrap {parsed.GetValue(Bootstrap)} {nemesis.ByHand}\nor leave out --bootstrap, for a cluster of this program's own"
            : isForeign && parsed.GetValue(Sabotage) is not (None or "leader-acks" or "unnumbered") ? "brokers of yours cannot be sabotaged by this program; leave out --bootstrap"
            : parsed.GetValue(Flush) is not ("commit" or "os") ? "--flush is commit or os"
            : parsed.GetValue(FailoverLimit) < 0 ? "--failover-limit cannot be negative"
            : parsed.GetValue(Flush) == "os" && nemesis is DiskFull ? $"with --flush os an acknowledged record survives the end of a process, not that of a machine: {fault} needs --flush commit"
            : parsed.GetValue(Sabotage) is not (None or "liar" or "eager" or "careless" or "leader-acks" or "unnumbered") ? "--sabotage is liar, eager, careless, leader-acks or unnumbered"
            : null;
    }

    private static async Task<ICluster> StartAsync(ParseResult parsed, INemesis? nemesis, ChaosOptions options)
    {
        if (parsed.GetValue(Bootstrap) is { } bootstrap)
        {
            return await ForeignCluster.FindAsync(bootstrap.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), options.Patience);
        }

        if (nemesis is PowerLoss && options.Flush == "os")
        {
            Console.WriteLine("with --flush os acknowledged records outlive a process, not its machine: they are about to be lost, and WRONG is the right verdict");
        }

        Console.WriteLine("starting a cluster ...");
        bool isBad = nemesis?.NeedsBadMachines is true || parsed.GetValue(Sabotage) == "liar";
        string disk = isBad && (options.Flush == "commit" || nemesis is PowerLoss) ? "volatile" : "plain";
        string? machine = parsed.GetValue(Sabotage) switch
        {
            "liar" or "eager" or "careless" => $"{disk},{parsed.GetValue(Sabotage)}",
            _ => isBad ? disk : null,
        };
        if (parsed.GetValue(Compose))
        {
            return await ComposeCluster.StartAsync(machine);
        }

        return await LocalCluster.StartAsync(Path.GetTempPath(), options.Controllers, options.Brokers, machine, nemesis?.NeedsLinks is true);
    }

    private static ChaosOptions OptionsOf(ParseResult parsed, INemesis? nemesis)
    {
        int replicas = parsed.GetValue(Replicas);
        bool isForeign = parsed.GetValue(Bootstrap) is not null;
        return new ChaosOptions
        {
            Duration = TimeSpan.FromSeconds(parsed.GetValue(Duration)),
            Seed = (ulong)parsed.GetValue(Seed),
            Producers = parsed.GetValue(Producers),
            Consumers = parsed.GetValue(Consumers),
            Topics = parsed.GetValue(Topics),
            Partitions = parsed.GetValue(Partitions),
            ReplicationFactor = replicas,
            MinInsyncReplicas = replicas >= 3 ? 2 : 1,
            Brokers = Math.Max(Standard.Brokers, nemesis?.LeastBrokers ?? 0),
            Flush = parsed.GetRequiredValue(Flush),
            Rate = parsed.GetValue(Rate),
            LongestFailover = LimitOf(parsed, nemesis),
            LeaderAcks = parsed.GetValue(Sabotage) == "leader-acks",
            Unnumbered = parsed.GetValue(Sabotage) == "unnumbered",
            DeleteTopics = isForeign,
            TopicPrefix = isForeign ? string.Create(CultureInfo.InvariantCulture, $"chaos-{DateTimeOffset.UtcNow:yyyyMMddHHmmss}") : Standard.TopicPrefix,
        };
    }

    private static TimeSpan? LimitOf(ParseResult parsed, INemesis? nemesis) => parsed.GetValue(FailoverLimit) switch
    {
        null when nemesis?.NeedsBadMachines is true || parsed.GetValue(Sabotage) != None => null,
        null => Standard.LongestFailover,
        0 => null,
        { } ms => TimeSpan.FromMilliseconds(ms),
    };

    private static Option<int> Number(string name, string description, int standard)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            // What is no number at all, the parser says itself.
            if (result.Tokens is [{ Value: var given }] && int.TryParse(given, CultureInfo.InvariantCulture, out int number) && number < 0)
            {
                result.AddError($"{name} cannot be negative.");
            }
        });
        return option;
    }
}
