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
        Verdict verdict = await RunAsync(new Mixed(), "volatile", new ChaosOptions { Duration = TimeSpan.FromSeconds(20), Seed = 3, LongestFailover = null });

        Assert.True(verdict.IsGood);
        Assert.NotEmpty(verdict.History.Faults);
    }

    /// <summary>Leaders that are deposed and do not know it yet answer as of their own time: that is no error .</summary>
    [Theory]
    [InlineData("pause")]
    [InlineData("partition")]
    public async Task Nothing_is_wrong_where_leaders_are_deposed_without_knowing_it(string fault)
    {
        Verdict verdict = await RunAsync(AllNemeses.Find(fault)!, machine: null, new ChaosOptions { Duration = TimeSpan.FromSeconds(5), Seed = 1, LongestFailover = null });

        Assert.True(verdict.IsGood);
    }

    [Fact]
    public async Task A_run_that_is_over_before_a_fault_proves_nothing()
    {
        Verdict verdict = await RunAsync(new Pause(), machine: null, new ChaosOptions { Duration = TimeSpan.Zero });

        Assert.Equal("no fault struck", verdict.NothingProven);
        Assert.False(verdict.IsWrong);
    }

    [Fact]
    public async Task Brokers_whose_flushes_lie_are_found_out()
    {
        Verdict verdict = await RunAsync(new PowerLoss(), "volatile,liar", new ChaosOptions { Duration = TimeSpan.FromSeconds(4), Seed = 5 });

        Assert.True(IsLossFound(verdict));
    }

    /// <summary>What an acknowledgement promises: with <c>commit</c> it outlives the power of all machines, with <c>os</c> only the processes.</summary>
    [Theory]
    [InlineData("commit", false)]
    [InlineData("os", true)]
    public async Task P_112_a_power_loss_takes_what_was_not_flushed(string flush, bool isLoss)
    {
        Verdict verdict = await RunAsync(new PowerLoss(), "volatile", new ChaosOptions { Duration = TimeSpan.FromSeconds(4), Seed = 5, Flush = flush });

        Assert.NotEmpty(verdict.History.Faults);
        Assert.Equal(isLoss, IsLossFound(verdict));
        Assert.Equal(!isLoss, verdict.IsGood);
    }

    /// <summary>Leaders that are ahead of their followers when they fall: one that acknowledges too early loses records.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("plain,eager")]
    public async Task Leaders_that_were_ahead_show_who_acknowledges_too_early(string? machine)
    {
        Verdict verdict = await RunAsync(new KillAhead(), machine, new ChaosOptions { Duration = TimeSpan.FromSeconds(25), Seed = 61, LongestFailover = null });

        Assert.NotEmpty(verdict.History.Faults);

        string[] signs = ["X-1", "X-2", "X-3", "X-14", "X-19"];
        Assert.Equal(machine is not null, verdict.Findings.Any(one => signs.Contains(one.Check.Id) && one.Finding.Anomalies.Count > 0));
    }

    [Fact]
    public async Task O_1_no_write_fails_in_a_rolling_restart()
    {
        Verdict verdict = await RunAsync(new RollingRestart(), machine: null, new ChaosOptions { Duration = TimeSpan.FromSeconds(20), Seed = 4 });

        Assert.Contains(verdict.Findings, one => one.Check.Id == "O-1" && one.Finding.Examined > 0);
        Assert.True(verdict.IsGood);
    }

    [Fact]
    public async Task A_command_that_fails_has_struck_nothing()
    {
        Verdict verdict = await RunAsync(new GivenCommands("false", heal: null), machine: null, new ChaosOptions { Duration = TimeSpan.FromSeconds(3) });

        Assert.Equal("no fault struck", verdict.NothingProven);
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

    private static bool IsLossFound(Verdict verdict) => verdict.Findings.Any(one => one.Check.Id is "X-1" or "X-2" && one.Finding.Anomalies.Count > 0);

    private async Task<Verdict> RunAsync(INemesis nemesis, string? machine, ChaosOptions options)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(Path.GetTempPath(), options.Controllers, options.Brokers, machine, nemesis.NeedsLinks);
        History history = await new ChaosRun(cluster, nemesis, options, output.WriteLine).RunAsync(CancellationToken.None);
        Verdict verdict = Verdict.Of(history);
        output.WriteLine(TextReport.Write(verdict));
        return verdict;
    }
}
