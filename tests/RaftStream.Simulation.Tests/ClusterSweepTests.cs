using RaftStream.Simulation.Clusters;
using Xunit.Abstractions;

namespace RaftStream.Simulation.Tests;

/// <summary>Whole clusters under faults; <c>RAFTSTREAM_SEEDS=20000</c> lives more seeds, <c>scripts/simulate --world cluster</c> shows them.</summary>
public sealed class ClusterSweepTests(ITestOutputHelper output)
{
    [Fact]
    public void S_R1_to_S_R14_and_L_5_to_L_9_hold_and_every_rare_branch_is_reached() =>
        Lives.KeepEveryRule(seed => ClusterRun.Run(seed), 150, marks => marks.Missing(ClusterRun.RequiredMarks), output);

    [Theory]
    [InlineData(3508)] // a log that began anew further in front, and a crash before the next checkpoint
    [InlineData(11803)] // a disk replaced while records are undecided that make its broker the only member (F-6)
    [InlineData(14266)] // an unclean winner whose log began behind what the others have (S-R10)
    [InlineData(35053)] // a topic created with one broker active, whose disk was being replaced (R-9.10, L-5)
    [InlineData(48818)] // the disk of a last leader with nobody else eligible (F-6, L-5)
    [InlineData(33623)] // a retry answered from what a lost leader's producer had sent, below the log start (S-R13)
    [InlineData(57966)] // in the ISR with other records below its leader's start (S-R2)
    [InlineData(69485)] // paused between being told to stop and stopping, until the faults ended (L-5)
    public void Seeds_that_failed_once_hold(ulong seed) => Assert.Null(ClusterRun.Run(seed).Failure);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(20)]
    public void F_10_the_same_seed_gives_the_same_life(ulong seed) => Lives.AreDecidedByTheSeed(one => ClusterRun.Run(one), seed);
}
