using RaftStream.Simulation;

namespace RaftStream.Storage.Tests.Crash;

public sealed class CrashPropertyTests
{
    private const int Seeds = 3000;

    [Fact]
    public void Every_crash_image_recovers_to_a_prefix_that_holds_everything_durable() // S-S1, S-S2, S-S4, S-R12, S-R14
    {
        CrashRun? run = null;

        SeedSweep.Run(
            Seeds,
            seed =>
            {
                run = new CrashRun(seed);
                run.Run();
            },
            () => run!.Trace);
    }

    [Fact]
    public void The_same_seed_lives_the_same_life()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var first = new CrashRun(seed);
            var second = new CrashRun(seed);
            first.Run();
            second.Run();

            Assert.Equal(first.Trace, second.Trace);
        }
    }
}
