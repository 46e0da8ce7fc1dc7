using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Quorums.Invariants;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Known bugs of quorums (P1 to P30), step by step: with the rule nothing happens; without it a check notices.</summary>
public sealed class KnownBugTests
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
    public void P6_an_entry_of_an_earlier_epoch_is_not_committed_by_counting()
    {
        Figure8(null);
        Assert.Throws<RuleBrokenException>(() => Figure8("commit-earlier-epochs"));
    }

    [Fact]
    public void P8_P9_a_voter_that_was_cut_off_or_removed_meanwhile_disturbs_nobody()
    {
        var world = new Scripted(3);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        LeaderEpoch epoch = leader.View().Epoch;
        SimulatedNode removed = world.World.Nodes.First(node => node != leader);
        world.Isolate(removed);
        Assert.Equal(ErrorCode.None, world.Ask(leader, Remove(removed)).Error);
        world.Run(30_000);
        world.World.Network.Heal();
        world.Run(30_000);
        Assert.Equal((leader, epoch), (world.Leader, leader.View().Epoch));
        Assert.False(removed.View().IsVoter);
    }

    [Fact]
    public void P11_clients_of_a_cut_off_leader_are_told_and_the_others_go_on()
    {
        CutOffLeader(null);
        Assert.ThrowsAny<Exception>(() => CutOffLeader("no-check-quorum"));
    }

    [Fact]
    public void P5_a_candidate_that_comes_back_does_not_count_on()
    {
        CandidateComesBack(null);
        Assert.Throws<RuleBrokenException>(() => CandidateComesBack("resume-as-candidate"));
    }

    private static void CutOffLeader(string? mutant)
    {
        var world = new Scripted(5, mutant);
        SimulatedNode old = world.Elect();
        world.Run(2_000);
        world.Isolate(old);
        Answer lost = old.Write(1);
        world.Until(() => lost.IsDone, 8_000);
        Assert.Equal(ErrorCode.NotController, lost.Error?.Code);
        SimulatedNode next = world.Elect(old);
        world.WriteAndWait(2);
        world.World.Network.Heal();
        world.Until(() => NodeSteps.Value(old.Replica!.Controller.Committed) == 2);
        Assert.Equal(next, world.Leader);
    }

    [Fact]
    public void P12_equal_candidates_end_their_split_votes()
    {
        for (ulong seed = 0; seed < 25; seed++)
        {
            var world = new Scripted(5, seed: seed);
            SimulatedNode leader = world.Elect();
            world.Run(3_000);
            world.World.Network.LatePerMille = 300;
            leader.LosePower();
            LeaderEpoch before = world.World.Nodes.Where(node => node.IsUp).Max(node => node.View().Epoch);
            world.Elect();
            Assert.InRange(world.Leader.View().Epoch.Value - before.Value, 0, 12);
        }
    }

    [Fact]
    public void P13_a_leader_that_slept_answers_no_old_value()
    {
        Assert.NotEqual("1", SleepingLeader(null));
        Assert.Equal("1", SleepingLeader("barrier-without-echo"));
    }

    [Fact]
    public void P14_no_voter_is_changed_before_the_reign_is_committed()
    {
        OverlappingChanges(null);
        Assert.Throws<RuleBrokenException>(() => OverlappingChanges("early-voter-change"));
    }

    [Fact]
    public void P15_P21_a_wiped_disk_is_another_replica_and_does_not_vote_for_the_old_one()
    {
        var world = new Scripted(3);
        SimulatedNode leader = world.Elect();
        world.WriteAndWait(7);
        world.Run(2_000);
        SimulatedNode wiped = world.World.Nodes.First(node => node != leader);
        SimulatedNode behind = world.World.Nodes.First(node => node != leader && node != wiped);
        behind.LosePower();
        world.WriteAndWait(8);
        leader.LosePower();
        wiped.Wipe();
        wiped.Start();
        behind.Start();

        // What was answered is on the dead leader only: nobody may lead without it.
        world.Run(60_000);
        Assert.Null(world.World.Leader);
        leader.Start();
        leader = world.Elect();
        Assert.Equal(8, NodeSteps.Value(leader.Replica!.Controller.Committed));
        var add = new RaftRequest.AddVoter { ClusterId = QuorumWorld.ClusterId, Voter = new Voter(wiped.Key, wiped.Place), TimeoutMs = 4_000 };
        Assert.Equal(ErrorCode.DuplicateVoter, world.Ask(leader, add).Error);
        Voter old = leader.View().Voters.Find(new NodeId(wiped.Id))!;
        Assert.Equal(ErrorCode.None, world.Ask(leader, Remove(wiped) with { Key = old.Key }).Error);
        Assert.Equal(ErrorCode.None, world.Ask(leader, add).Error);
    }

    [Fact]
    public void P17_voters_that_are_cut_off_the_log_are_taken_back()
    {
        RevertedVoters(null);
        Assert.ThrowsAny<Exception>(() => RevertedVoters("keep-voters"));
    }

    [Fact]
    public void P22_nobody_is_told_to_lead_after_resigning()
    {
        HandOver(null);
        Assert.Throws<RuleBrokenException>(() => HandOver("announce-resigned"));
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
        var world = new Scripted(3, configure: options => options with { StoreSabotage = RaftStream.Quorum.Storage.QuorumSabotage.NoStateSync });
        Assert.ThrowsAny<Exception>(() =>
        {
            for (int i = 0; i < 40; i++)
            {
                world.Elect().LosePower();
                world.World.Nodes.ToList().ForEach(node => node.Start());
            }
        });
    }

    [Fact]
    public void P30_jumping_wall_clocks_and_long_sleeps_depose_nobody_for_long()
    {
        var world = new Scripted(3, brokers: 2);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        LeaderEpoch epoch = leader.View().Epoch;
        foreach (SimulatedNode node in world.World.Nodes)
        {
            node.Clock.Jump(node.Id % 2 == 0 ? 86_400_000 : -3_600_000);
        }

        world.Run(30_000);
        Assert.Equal((leader, epoch), (world.Leader, leader.View().Epoch)); // no election from a wall clock
        foreach (SimulatedNode node in world.World.Nodes)
        {
            node.Pause();
        }

        world.Run(30_000);
        world.World.Nodes.ToList().ForEach(node => node.Resume());
        world.Run(10_000);
        LeaderEpoch after = world.Elect().View().Epoch;
        Assert.InRange(after.Value - epoch.Value, 0, 3); // and no storm from all timers at once
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

    /// <summary>Ongaro's bug of 2015, step by step: A adds E, B removes A, and neither change has a node in common with the other.</summary>
    private static void OverlappingChanges(string? mutant)
    {
        var world = new Scripted(4, mutant, spares: 1);
        SimulatedNode e = world.World.Nodes[4];
        SimulatedNode a = world.Elect();
        world.Run(2_000);
        world.Isolate(a, e);
        a.Ask(new RaftRequest.AddVoter { ClusterId = QuorumWorld.ClusterId, Voter = new Voter(e.Key, e.Place), TimeoutMs = 4_000 }, _ => { });
        world.Until(() => world.World.Nodes.Any(node => node != a && node.View().Role == RaftRole.Leader));
        Assert.Equal(5, a.View().Voters.Voters.Length);
        SimulatedNode b = world.World.Nodes.First(node => node != a && node.View().Role == RaftRole.Leader);
        SimulatedNode[] rest = [.. world.World.Nodes.Where(node => node != a && node != b && node != e)];
        world.Groups([a, e], [b, rest[0]]);
        for (int i = 0; i < 100; i++)
        {
            b.Ask(Remove(a), _ => { }); // its own reign is not committed, and cannot be
            world.Run(5);
        }

        world.Groups([a, rest[1], e], [b, rest[0]]);
        world.Run(20_000);
        world.World.Network.Join();
        world.WriteAndWait(1);
    }

    private static void RevertedVoters(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        SimulatedNode other = world.World.Nodes.First(node => node != leader);
        world.Isolate(leader);
        leader.Ask(Remove(other), _ => { });
        world.Run(50);
        Assert.Equal(2, leader.View().Voters.Voters.Length);
        world.Until(() => world.World.Nodes.Any(node => node != leader && node.Replica!.Controller.ActiveEpoch is not null));
        world.World.Network.Heal();
        world.WriteAndWait(3);
        world.Run(2_000);
        Assert.All(world.World.Nodes, node => Assert.Equal(3, node.View().Voters.Voters.Length));
    }

    private static void HandOver(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode leader = world.Elect();
        world.Run(2_000);
        var transfer = new RaftRequest.TransferLeadership { ClusterId = QuorumWorld.ClusterId, Preferred = NodeId.None };
        Assert.Equal(ErrorCode.None, world.Ask(leader, transfer).Error);
        Assert.NotEqual(leader, world.Elect(leader));
    }

    private static RaftRequest.RemoveVoter Remove(SimulatedNode node) =>
        new() { ClusterId = QuorumWorld.ClusterId, Key = node.Key, TimeoutMs = 4_000 };
}
