using RaftStream.Chaos.Clusters;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Nemeses;
using RaftStream.Chaos.Reports;
using RaftStream.Client;
using Xunit.Abstractions;

namespace RaftStream.Chaos.Tests;

/// <summary>Real clusters of real processes, each for half a minute; leave out with <c>--filter Kind!=Cluster</c>.</summary>
[Trait("Kind", "Cluster")]
public sealed class ShortRunTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_is_wrong_after_mixed_faults()
    {
        Verdict verdict = await RunAsync(new Mixed(), "volatile", new ChaosOptions { Duration = TimeSpan.FromSeconds(20), Seed = 3 });

        Assert.True(verdict.IsGood);
        Assert.NotEmpty(verdict.History.Faults);
    }

    [Fact]
    public async Task Brokers_whose_flushes_lie_are_found_out()
    {
        Verdict verdict = await RunAsync(new PowerLoss(), "volatile,liar", new ChaosOptions { Duration = TimeSpan.FromSeconds(4), Seed = 5 });

        Assert.Contains(verdict.Findings, one => one.Check.Id is "X-1" or "X-2" && one.Finding.Anomalies.Count > 0);
    }

    [Fact]
    public async Task Leaders_that_acknowledge_before_they_replicate_are_found_out()
    {
        // A record is lost only if the leader falls in the moment between its answer and its followers' next fetch.
        bool isFound = false;
        for (ulong seed = 61; seed < 66 && !isFound; seed++)
        {
            Verdict verdict = await RunAsync(new KillLeader(), "plain,eager", new ChaosOptions { Duration = TimeSpan.FromSeconds(15), Seed = seed });
            isFound = verdict.Findings.Any(one => one.Check.Id is "X-1" or "X-2" && one.Finding.Anomalies.Count > 0);
        }

        Assert.True(isFound, "Five clusters that acknowledge too early were called good.");
    }

    [Fact]
    public async Task A_cluster_of_somebody_elses_is_hurt_by_the_commands_given_and_left_as_it_was()
    {
        var options = new ChaosOptions { Duration = TimeSpan.FromSeconds(4), TopicPrefix = "chaos-test", DeleteTopics = true };
        await using LocalCluster cluster = await LocalCluster.StartAsync(Path.GetTempPath(), options.Controllers, options.Brokers, machine: null, hasLinks: false);
        string traces = Path.Combine(cluster.Folder, "traces");
        await using var foreign = new ForeignCluster(cluster.Bootstrap, options.Patience);
        var nemesis = new GivenCommands($"echo hit >>{traces}", $"echo healed >>{traces}");

        Verdict verdict = Verdict.Of(await new ChaosRun(foreign, nemesis, options, output.WriteLine).RunAsync(CancellationToken.None));

        Assert.True(verdict.IsGood);
        Assert.Equal(["hit", "healed"], File.ReadLines(traces).Take(2));
        await using var client = new RaftStreamClient(cluster.Bootstrap[0]);
        Assert.Empty(await client.Admin.ListTopicsAsync());
    }

    private async Task<Verdict> RunAsync(INemesis nemesis, string machine, ChaosOptions options)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(Path.GetTempPath(), options.Controllers, options.Brokers, machine, nemesis.NeedsLinks);
        History history = await new ChaosRun(cluster, nemesis, options, output.WriteLine).RunAsync(CancellationToken.None);
        Verdict verdict = Verdict.Of(history);
        output.WriteLine(TextReport.Write(verdict));
        return verdict;
    }
}
