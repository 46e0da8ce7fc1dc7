using System.CommandLine;
using System.Globalization;
using RaftStream.Chaos;
using RaftStream.Chaos.Clusters;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Nemeses;
using RaftStream.Chaos.Reports;

var standard = new ChaosOptions();
var fault = new Argument<string>("fault") { Description = $"{string.Join(", ", AllNemeses.List.Select(one => one.Name))}, or none." };
var duration = new Option<int>("--duration") { Description = "Seconds of faults.", DefaultValueFactory = _ => (int)standard.Duration.TotalSeconds };
var seed = new Option<long>("--seed") { Description = "Decides the faults and their times.", DefaultValueFactory = _ => (long)standard.Seed };
var producers = new Option<int>("--producers") { Description = "Producers of the SDK.", DefaultValueFactory = _ => standard.Producers };
var consumers = new Option<int>("--consumers") { Description = "Consumers of the SDK.", DefaultValueFactory = _ => standard.Consumers };
var topics = new Option<int>("--topics") { Description = "Topics.", DefaultValueFactory = _ => standard.Topics };
var partitions = new Option<int>("--partitions") { Description = "Partitions of each topic.", DefaultValueFactory = _ => standard.Partitions };
var replicas = new Option<int>("--replication-factor") { Description = "Copies of each partition; with 3 or more, min.insync.replicas is 2.", DefaultValueFactory = _ => standard.ReplicationFactor };
var flush = new Option<string>("--flush") { Description = "The topics' flush: commit or os.", DefaultValueFactory = _ => standard.Flush };
var sabotage = new Option<string>("--sabotage") { Description = "Breaks something on purpose, to see that it is found: liar (flushes do nothing) or leader-acks (producers do not wait for followers).", DefaultValueFactory = _ => "none" };
var rate = new Option<int>("--rate") { Description = "Records a second of each producer.", DefaultValueFactory = _ => standard.Rate };

var report = new Option<string?>("--report") { Description = "Folder for the report; default artifacts/chaos-reports/<fault>-<seed>." };

var root = new RootCommand("A cluster under load and faults, and a history of it that is held against the rules. Exit code 0 only if nothing is wrong.")
{
    fault, duration, seed, producers, consumers, topics, partitions, replicas, flush, rate, sabotage, report,
};
root.SetAction(async (parsed, cancellationToken) =>
{
    string name = parsed.GetRequiredValue(fault);
    INemesis? nemesis = AllNemeses.Find(name);
    if (nemesis is null && name != "none")
    {
        Console.Error.WriteLine($"error: there is no fault \"{name}\"; --help names them.");
        return 2;
    }

    int copies = parsed.GetValue(replicas);
    var options = new ChaosOptions
    {
        Duration = TimeSpan.FromSeconds(parsed.GetValue(duration)),
        Seed = (ulong)parsed.GetValue(seed),
        Producers = parsed.GetValue(producers),
        Consumers = parsed.GetValue(consumers),
        Topics = parsed.GetValue(topics),
        Partitions = parsed.GetValue(partitions),
        ReplicationFactor = copies,
        MinInsyncReplicas = copies >= 3 ? 2 : 1,
        Flush = parsed.GetRequiredValue(flush),
        Rate = parsed.GetValue(rate),
    };
    string broken = parsed.GetRequiredValue(sabotage);
    string? machine = broken == "liar" ? "volatile,liar" : nemesis?.NeedsBadMachines is true ? "volatile" : null;
    options = options with { LeaderAcks = broken == "leader-acks" };
    Console.WriteLine("starting a cluster ...");
    await using LocalCluster cluster = await LocalCluster.StartAsync(Path.GetTempPath(), options.Controllers, options.Brokers, machine, nemesis?.NeedsLinks is true);
    History history = await new ChaosRun(cluster, nemesis, options, Console.WriteLine).RunAsync(cancellationToken);
    Verdict verdict = Verdict.Of(history);
    string folder = parsed.GetValue(report) ?? Path.Combine(Repository.Root, "artifacts", "chaos-reports", string.Create(CultureInfo.InvariantCulture, $"{name}-{options.Seed}"));
    string page = await ReportFolder.WriteAsync(folder, verdict, new RunFacts(name, $"scripts/chaos/{string.Join(' ', args)}", options), cluster);
    Console.WriteLine($"{TextReport.Write(verdict)}report: {page}");
    return verdict.IsGood ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();
