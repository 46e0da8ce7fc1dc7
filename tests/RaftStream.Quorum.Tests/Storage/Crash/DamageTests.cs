using RaftStream.Quorum.Storage;
using RaftStream.Simulation;
using Xunit.Abstractions;

namespace RaftStream.Quorum.Tests.Storage.Crash;

public sealed class DamageTests(ITestOutputHelper output)
{
    private const int Seeds = 4000;

    [Fact]
    public void A_damaged_file_is_refused_or_nothing_durable_is_missing() // C-13.6, C-10.5, F-5, P20, P21, P28
    {
        DamageRun? run = null;
        var refusals = new SortedSet<string>(StringComparer.Ordinal);

        SeedSweep.Run(
            Seeds,
            seed =>
            {
                run = new DamageRun(seed);
                run.Run();
                if (run.Refusal is not null)
                {
                    refusals.Add(run.Damage[(run.Damage.LastIndexOf('/') + 1)..]);
                }
            },
            () => run!.Damage + "\n");

        // The checker saw both outcomes.
        Assert.Contains("quorum-state", refusals);
        Assert.Contains("meta.properties", refusals);
        Assert.Contains("00000000000000000000.log", refusals);
    }

    [Theory]
    [InlineData(nameof(QuorumSabotage.IgnoreBound))]
    [InlineData(nameof(QuorumSabotage.NoSnapshotCheck))]
    [InlineData(nameof(QuorumSabotage.NoLogCheck))]
    public void The_checker_notices_each_rule_that_is_switched_off(string name)
    {
        var sabotage = Enum.Parse<QuorumSabotage>(name);

        ulong? seed = SeedSweep.FindFailing(Seeds, seed => new DamageRun(seed, sabotage).Run());

        Assert.NotNull(seed);
        output.WriteLine($"{name}: found by seed {seed}");
    }
}
