using RaftStream.Quorum.Storage;
using RaftStream.Simulation;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;
using Xunit.Abstractions;

namespace RaftStream.Quorum.Tests.Storage.Crash;

public sealed class StoreCrashTests(ITestOutputHelper output)
{
    private const int Seeds = 1000;
    private const int MostSeeds = 10_000;

    [Fact]
    public void Every_crash_image_opens_to_all_that_was_durable() // S-C3, S-C9, C-13, P1-P4, P19, P26, P27
    {
        StoreCrashRun? run = null;

        SeedSweep.Run(
            Seeds,
            seed =>
            {
                run = new StoreCrashRun(seed);
                run.Run();
            },
            () => run!.Trace);
    }

    [Theory]
    [InlineData(nameof(QuorumSabotage.NoStateSync))]
    [InlineData(nameof(QuorumSabotage.KeepBound))]
    [InlineData(nameof(QuorumSabotage.NoSnapshotFlush))]
    [InlineData(nameof(QuorumSabotage.NoSnapshotFolderSync))]
    [InlineData(nameof(QuorumSabotage.NoResetAtOpen))]
    [InlineData(nameof(QuorumSabotage.NoLogCheck))]
    public void The_checker_notices_each_rule_that_is_switched_off(string name)
    {
        var sabotage = Enum.Parse<QuorumSabotage>(name);

        ulong? seed = SeedSweep.FindFailing(MostSeeds, seed => new StoreCrashRun(seed, sabotage).Run());

        Assert.NotNull(seed);
        output.WriteLine($"{name}: found by seed {seed}");
    }

    [Theory]
    [InlineData(nameof(Sabotage.NoTailRewrite))]
    [InlineData(nameof(Sabotage.DurableBeforeFlush))]
    [InlineData(nameof(Sabotage.NoTruncationSync))]
    [InlineData(nameof(Sabotage.NoFolderSync))]
    public void The_checker_notices_rules_of_the_log_engine_that_are_switched_off(string name)
    {
        var sabotage = Enum.Parse<Sabotage>(name);

        ulong? seed = SeedSweep.FindFailing(MostSeeds, seed => new StoreCrashRun(seed, logSabotage: sabotage).Run());

        Assert.NotNull(seed);
        output.WriteLine($"{name}: found by seed {seed}");
    }

    [Theory]
    [InlineData(DiskLies.SyncDirectory)]
    [InlineData(DiskLies.Flush)]
    public void The_checker_notices_a_disk_that_lies(DiskLies lies)
    {
        ulong? seed = SeedSweep.FindFailing(MostSeeds, seed => new StoreCrashRun(seed, lies: lies).Run());

        Assert.NotNull(seed);
        output.WriteLine($"{lies}: found by seed {seed}");
    }
}
