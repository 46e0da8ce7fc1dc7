using RaftStream.Simulation;
using RaftStream.Simulation.Disk;
using Xunit.Abstractions;

namespace RaftStream.Storage.Tests.Crash;

/// <summary>Each rule switched off by itself: the crash property must notice, else it proves nothing.</summary>
public sealed class SabotageTests(ITestOutputHelper output)
{
    private const int MostSeeds = 12_000;

    public static TheoryData<string> Sabotages
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (Sabotage sabotage in Enum.GetValues<Sabotage>().Where(value => value != Sabotage.None))
            {
                names.Add(sabotage.ToString());
            }

            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Sabotages))]
    public void The_checker_notices_each_rule_that_is_switched_off(string name)
    {
        var sabotage = Enum.Parse<Sabotage>(name);

        ulong? seed = SeedSweep.FindFailing(MostSeeds, seed => new CrashRun(seed, sabotage).Run());

        Assert.NotNull(seed);
        output.WriteLine($"{name}: found by seed {seed}");
    }

    [Theory]
    [InlineData(DiskLies.SyncDirectory)]
    [InlineData(DiskLies.Flush)]
    public void The_checker_notices_a_disk_that_lies(DiskLies lies)
    {
        ulong? seed = SeedSweep.FindFailing(MostSeeds, seed => new CrashRun(seed, lies: lies).Run());

        Assert.NotNull(seed);
        output.WriteLine($"{lies}: found by seed {seed}");
    }
}
