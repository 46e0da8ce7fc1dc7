using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.Invariants;
using RaftStream.Simulation.Quorums.World;
using RaftStream.Storage;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Known bugs of commits and logs (P2 to P6, P13, P23, P29), step by step: with the rule nothing happens; without it a check notices.</summary>
public sealed class CommitBugTests
{
    [Fact]
    public void P2_a_leader_answers_nothing_that_only_it_has_unflushed()
    {
        StaleAppend(null);
        Assert.Throws<RuleBrokenException>(() => StaleAppend("count-unflushed-self"));
    }

    [Fact]
    public void P3_all_lose_power_at_once_and_what_was_answered_is_there()
    {
        AllLosePower(null);
        Assert.Throws<RuleBrokenException>(() => AllLosePower("report-unflushed"));
    }

    [Fact]
    public void P4_a_leader_that_comes_back_does_not_write_on_in_its_epoch()
    {
        LeaderComesBack(null);
        Assert.Throws<RuleBrokenException>(() => LeaderComesBack("resume-as-leader"));
    }

    [Fact]
    public void P5_a_candidate_that_comes_back_does_not_count_on()
    {
        CandidateComesBack(null);
        Assert.Throws<RuleBrokenException>(() => CandidateComesBack("resume-as-candidate"));
    }

    [Fact]
    public void P6_an_entry_of_an_earlier_epoch_is_not_committed_by_counting()
    {
        Figure8(null);
        Assert.Throws<RuleBrokenException>(() => Figure8("commit-earlier-epochs"));
    }

    [Fact]
    public void P13_a_leader_that_slept_answers_no_old_value()
    {
        Assert.NotEqual("1", SleepingLeader(null));
        Assert.Equal("1", SleepingLeader("barrier-without-echo"));
    }

    [Fact]
    public void P23_state_and_position_come_back_together_after_any_crash()
    {
        for (ulong seed = 0; seed < 10; seed++)
        {
            var world = new Scripted(1, seed: seed, brokers: 1);
            for (int i = 1; i <= 20; i++)
            {
                world.WriteAndWait(i);
                foreach (SimulatedNode node in world.World.Nodes)
                {
                    node.LosePower();
                    node.Start();
                }

                Assert.Equal(i, NodeSteps.Value(world.Elect().Replica!.Controller.Committed));
            }
        }
    }

    [Fact]
    public void P29_a_state_file_that_went_back_stops_the_voter()
    {
        OldState(QuorumSabotage.None);
        StorageException refused = Assert.Throws<StorageException>(() => OldState(QuorumSabotage.NoStateSync));
        Assert.Equal(StorageErrorKind.Corrupt, refused.Kind);
        Assert.Contains("an older state came back", refused.Message, StringComparison.Ordinal);
        Assert.Throws<RuleBrokenException>(() => OldState(QuorumSabotage.NoStateSync | QuorumSabotage.IgnoreLogEpoch));
    }

    private static void StaleAppend(string? mutant)
    {
        var world = new Scripted(1, mutant);
        world.WriteAndWait(1);
        Answer answer = world.Leader.Write(2);
        world.Leader.LosePower();
        Assert.False(answer.IsDone); // nothing was flushed in between
    }

    private static void AllLosePower(string? mutant)
    {
        for (ulong seed = 0; seed < 5; seed++)
        {
            var world = new Scripted(3, mutant, seed);
            for (int i = 1; i <= 8; i++)
            {
                world.WriteAndWait(i);
                foreach (SimulatedNode node in world.World.Nodes)
                {
                    node.LosePower();
                    node.Start();
                }

                world.Elect();
                Assert.Equal(i, NodeSteps.Value(world.Leader.Replica!.Controller.Committed));
            }
        }
    }

    private static void LeaderComesBack(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode leader = world.Elect();
        world.WriteAndWait(1);
        for (int i = 0; i < 10; i++)
        {
            world.Elect().Write(100 + i);
            world.Run(2);
            leader = world.Leader;
            leader.LosePower();
            leader.Start();
            world.Run(1_500);
        }

        world.WriteAndWait(2);
    }

    /// <summary>Leaders lose power; what the sabotage does not flush of the quorum state is gone, and the log is not.</summary>
    private static void OldState(QuorumSabotage sabotage)
    {
        var world = new Scripted(3, configure: options => options with { StoreSabotage = sabotage });
        for (int i = 0; i < 40; i++)
        {
            world.Elect().LosePower();
            world.World.Nodes.ToList().ForEach(node => node.Start());
        }

        world.WriteAndWait(1);
    }

    /// <summary>A candidate asks, loses power with its tail, and gets votes that were meant for the longer log.</summary>
    private static void CandidateComesBack(string? mutant)
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            var world = new Scripted(3, mutant, seed);
            for (int round = 1; round <= 6; round++)
            {
                world.WriteAndWait(round);
                SimulatedNode leader = world.Elect();
                leader.Write(1_000 + round);
                world.Run(3);
                leader.LosePower();
                world.Until(() => world.World.Nodes.Any(node => node.IsUp && node.View().Role == RaftRole.Candidate));
                SimulatedNode candidate = world.World.Nodes.First(node => node.IsUp && node.View().Role == RaftRole.Candidate);
                candidate.LosePower();
                candidate.Start();
                world.Run(2);
                candidate.LosePower();
                candidate.Start();
                leader.Start();
            }
        }
    }

    /// <summary>Figure 8 of the Raft paper; one batch a fetch, so that an old entry can be on a majority without the first of the reign.</summary>
    private static void Figure8(string? mutant)
    {
        var world = new Scripted(5, mutant, configure: options => options with { Raft = options.Raft with { MaxFetchBytes = 1 } });
        SimulatedNode first = world.Elect();
        world.WriteAndWait(1);
        world.Run(1_000);
        SimulatedNode[] others = [.. world.World.Nodes.Where(node => node != first)];
        world.Isolate(first, others[0]);
        first.Write(2); // x: on two of five
        Offset end = first.View().LogEnd;
        world.Until(() => first.View().DurableEnd > end && others[0].View().DurableEnd > end); // and a no-op behind it
        first.LosePower();

        // y: the first record of another reign, on its leader only.
        world.Until(() => others[1..].Any(node => node.View().Role == RaftRole.Leader));
        SimulatedNode second = others[1..].First(node => node.View().Role == RaftRole.Leader);
        world.Groups([second]);
        world.Until(() => second.View().DurableEnd == second.View().LogEnd);
        second.LosePower();

        // x reaches a third; its leader dies before the first record of its reign does.
        first.Start();
        SimulatedNode third = others[1..].First(node => node != second);
        world.Groups([first, others[0], third]);
        world.Until(() => world.World.Checks.History.CommittedEnd >= end);
        first.LosePower();
        others[0].LosePower();
        second.Start();
        world.World.Network.Join();
        world.Run(20_000);
        first.Start();
        others[0].Start();
        world.WriteAndWait(3);
    }

    /// <summary>A leader is stopped, another one writes, and the first thing that the old one does when it goes on is to answer a read.</summary>
    private static string SleepingLeader(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode old = world.Elect();
        world.WriteAndWait(1);
        world.Run(1_000);
        old.Pause();
        SimulatedNode? next = null;
        world.Until(() =>
        {
            next = world.World.Nodes.FirstOrDefault(node => node != old && node.Replica!.Controller.ActiveEpoch is not null);
            return next is not null;
        });
        Answer written = next!.Write(2);
        world.Until(() => written.IsDone);
        Answer? read = null;
        old.Resume(() => read = old.Read());
        world.Until(() => read!.IsDone);
        return read!.Error is null ? read.Response!.ToString()! : read.Error.Code.ToString();
    }
}
