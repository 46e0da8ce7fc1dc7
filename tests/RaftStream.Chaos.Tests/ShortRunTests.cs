using RaftStream.Chaos.Clusters;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Nemeses;
using RaftStream.Chaos.Reports;
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
        Verdict verdict = await RunAsync(new KillLeader(), "plain,eager", new ChaosOptions { Duration = TimeSpan.FromSeconds(15), Seed = 61 });

        Assert.Contains(verdict.Findings, one => one.Check.Id is "X-1" or "X-2" && one.Finding.Anomalies.Count > 0);
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
