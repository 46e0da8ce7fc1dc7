using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Quorums.Invariants;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Known bugs of voter changes (P14, P15, P17, P21), step by step: with the rule nothing happens; without it a check notices.</summary>
public sealed class VoterBugTests
{
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
        RaftRequest.AddVoter add = wiped.Addition();
        Assert.Equal(ErrorCode.DuplicateVoter, world.Ask(leader, add).Error);
        Voter old = leader.View().Voters.Find(new NodeId(wiped.Id))!;
        Assert.Equal(ErrorCode.None, world.Ask(leader, wiped.Removal() with { Key = old.Key }).Error);
        Assert.Equal(ErrorCode.None, world.Ask(leader, add).Error);
    }

    [Fact]
    public void P15_a_replica_is_no_voter_while_another_one_votes_under_its_id()
    {
        Assert.Equal(ErrorCode.DuplicateVoter, SameId(null));
        RuleBrokenException noticed = Assert.Throws<RuleBrokenException>(() => SameId("same-id-voter"));
        Assert.StartsWith("S-C10", noticed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void P17_voters_that_are_cut_off_the_log_are_taken_back()
    {
        Assert.Equal(3, RevertedVoters(null));
        Assert.Equal(2, RevertedVoters("keep-voters"));
    }

    /// <summary>A voter comes back with an empty disk, and is added without removing who it was.</summary>
    private static ErrorCode SameId(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode wiped = world.World.Nodes.First(node => node != world.Elect());
        world.WriteAndWait(1);
        world.Run(2_000);
        ReplicaKey old = wiped.Key;
        wiped.Wipe();
        wiped.Start();
        world.Run(2_000);
        ErrorCode answer = world.Ask(world.Elect(), wiped.Addition()).Error;
        world.Run(2_000);
        Assert.True(world.Leader.View().Voters.Contains(old));
        return answer;
    }

    /// <summary>Ongaro's bug of 2015, step by step: A adds E, B removes A, and neither change has a node in common with the other.</summary>
    private static void OverlappingChanges(string? mutant)
    {
        var world = new Scripted(4, mutant, spares: 1);
        SimulatedNode e = world.World.Nodes[4];
        SimulatedNode a = world.Elect();
        world.Run(2_000);
        world.Isolate(a, e);
        a.Ask(e.Addition(), _ => { });
        world.Until(() => world.World.Nodes.Any(node => node != a && node.View().Role == RaftRole.Leader));
        Assert.Equal(5, a.View().Voters.Voters.Length);
        SimulatedNode b = world.World.Nodes.First(node => node != a && node.View().Role == RaftRole.Leader);
        SimulatedNode[] rest = [.. world.World.Nodes.Where(node => node != a && node != b && node != e)];
        world.Groups([a, e], [b, rest[0]]);
        for (int i = 0; i < 100; i++)
        {
            b.Ask(a.Removal(), _ => { }); // its own reign is not committed, and cannot be
            world.Run(5);
        }

        world.Groups([a, rest[1], e], [b, rest[0]]);
        world.Run(20_000);
        world.World.Network.Join();
        world.WriteAndWait(1);
    }

    /// <returns>How many voters the deposed leader counts at the end.</returns>
    private static int RevertedVoters(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        SimulatedNode other = world.World.Nodes.First(node => node != leader);
        world.Isolate(leader);
        leader.Ask(other.Removal(), _ => { });
        world.Run(50);
        Assert.Equal(2, leader.View().Voters.Voters.Length);
        world.Until(() => world.World.Nodes.Any(node => node != leader && node.Replica!.Controller.ActiveEpoch is not null));
        world.World.Network.Heal();
        world.WriteAndWait(3);
        world.Run(2_000);
        Assert.All(world.World.Nodes.Where(node => node != leader), node => Assert.Equal(3, node.View().Voters.Voters.Length));
        return leader.View().Voters.Voters.Length;
    }
}
