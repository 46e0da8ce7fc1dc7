using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Quorums.Invariants;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>Known bugs of elections (P8 to P12, P22, P30), step by step: with the rule nothing happens; without it a check notices.</summary>
public sealed class ElectionBugTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)] // hears nobody, and is heard
    [InlineData(false, true)] // hears everybody, and is not heard
    public void P8_a_voter_that_was_cut_off_disturbs_nobody(bool isDeaf, bool isMute)
    {
        Assert.Equal((true, 0), CutOffVoter(null, isDeaf, isMute));
        Assert.InRange(CutOffVoter("no-pre-vote", isDeaf, isMute).Epochs, 10, 40); // one for each of its timers
    }

    [Fact]
    public void P8_followers_that_hear_their_leader_grant_no_pre_vote()
    {
        Assert.Equal((true, 0), CutOffVoter(null, isDeaf: true, isMute: true));
        Assert.NotEqual((true, 0), CutOffVoter("always-grant-pre-vote", isDeaf: true, isMute: true));
    }

    [Fact]
    public void P9_a_voter_that_was_removed_while_it_was_cut_off_disturbs_nobody()
    {
        Assert.Equal((true, 0), RemovedVoter(null));
        Assert.InRange(RemovedVoter("no-pre-vote").Epochs, 10, 40);
        Assert.InRange(RemovedVoter("always-grant-pre-vote").Epochs, 1, 40);
    }

    [Fact]
    public void P10_a_leader_that_hands_over_is_not_waited_for()
    {
        Assert.InRange(SlowestHandOver(null), 0, 1_000);
        Assert.InRange(SlowestHandOver("ignore-resignation"), 1_500, 10_000);
    }

    [Fact]
    public void P11_clients_of_a_cut_off_leader_are_told_and_the_others_go_on()
    {
        Assert.Equal((RaftRole.Unattached, ErrorCode.NotController), CutOffLeader(null));
        Assert.Equal((RaftRole.Leader, null), CutOffLeader("no-check-quorum"));
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
    public void P12_a_candidate_that_was_rejected_waits_out_its_timer()
    {
        Assert.InRange(ShortestWait(null), 900, 60_000); // T by a clock that may be a tenth fast
        Assert.InRange(ShortestWait("no-election-wait"), 0, 899);
    }

    [Fact]
    public void P22_nobody_is_told_to_lead_after_resigning()
    {
        HandOver(null);
        Assert.Throws<RuleBrokenException>(() => HandOver("announce-resigned"));
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

    /// <summary>Cut off for 30 s, in one or both directions, and healed.</summary>
    /// <returns>Whether the leader still leads, and how many epochs were spent.</returns>
    private static (bool IsSameLeader, int Epochs) CutOffVoter(string? mutant, bool isDeaf, bool isMute)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        LeaderEpoch epoch = leader.View().Epoch;
        SimulatedNode voter = world.World.Nodes.First(node => node != leader);
        foreach (SimulatedNode other in world.World.Nodes.Where(node => node != voter))
        {
            if (isDeaf)
            {
                world.World.Network.Cut(other.Id, voter.Id);
            }

            if (isMute)
            {
                world.World.Network.Cut(voter.Id, other.Id);
            }
        }

        world.Run(30_000);
        world.World.Network.Heal();
        world.Run(10_000);
        return (world.Leader == leader, world.LatestEpoch.Value - epoch.Value);
    }

    /// <summary>As <see cref="CutOffVoter"/>, and removed meanwhile.</summary>
    private static (bool IsSameLeader, int Epochs) RemovedVoter(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        LeaderEpoch epoch = leader.View().Epoch;
        SimulatedNode removed = world.World.Nodes.First(node => node != leader);
        world.Isolate(removed);
        Assert.Equal(ErrorCode.None, world.Ask(leader, removed.Removal()).Error);
        world.Run(30_000);
        world.World.Network.Heal();
        world.Run(30_000);
        Assert.False(removed.View().IsVoter);
        return (world.Leader == leader, world.LatestEpoch.Value - epoch.Value);
    }

    /// <summary>Only the first successor stands for election; the others must believe that the leader is gone.</summary>
    /// <returns>Milliseconds from the request to the next reign, the most of some worlds.</returns>
    private static long SlowestHandOver(string? mutant)
    {
        long slowest = 0;
        for (ulong seed = 1; seed <= 6; seed++)
        {
            var world = new Scripted(5, mutant, seed, configure: options => options with { Raft = options.Raft with { ElectionBackoffMaxMs = 20_000 } });
            SimulatedNode leader = world.Elect();
            world.Run(3_000);
            LeaderEpoch epoch = leader.View().Epoch;
            long begin = world.World.Agenda.NowMs;
            Assert.Equal(ErrorCode.None, world.Ask(leader, Transfer()).Error);
            world.Until(() => world.World.Leader is { } next && next.View().Epoch > epoch);
            slowest = Math.Max(slowest, world.World.Agenda.NowMs - begin);
        }

        return slowest;
    }

    /// <summary>What its role is, and what its client was told, 8 s after a leader was cut off; then all go on.</summary>
    private static (RaftRole Role, ErrorCode? Told) CutOffLeader(string? mutant)
    {
        var world = new Scripted(5, mutant);
        SimulatedNode old = world.Elect();
        world.Run(2_000);
        world.Isolate(old);
        Answer lost = old.Write(1);
        world.Run(8_000);
        (RaftRole, ErrorCode?) seen = (old.View().Role, lost.Error?.Code);
        SimulatedNode next = world.Elect(old);
        world.WriteAndWait(2);
        world.World.Network.Heal();
        world.Until(() => NodeSteps.Value(old.Replica!.Controller.Committed) == 2);
        Assert.Equal(next, world.Leader);
        return seen;
    }

    /// <summary>Leaders die while a third of the messages is slow, so that votes are split.</summary>
    /// <returns>The shortest time from one candidacy of a node to its next.</returns>
    private static long ShortestWait(string? mutant)
    {
        long shortest = long.MaxValue;
        for (ulong seed = 0; seed < 40; seed++)
        {
            var world = new Scripted(4, mutant, seed);
            SimulatedNode leader = world.Elect();
            world.Run(3_000);
            world.World.Network.LatePerMille = 300;
            leader.LosePower();
            var last = new Dictionary<int, (LeaderEpoch Epoch, long AtMs)>();
            world.Until(() =>
            {
                long nowMs = world.World.Agenda.NowMs;
                foreach (SimulatedNode node in world.World.Nodes.Where(node => node.IsUp && node.View().Role == RaftRole.Candidate))
                {
                    LeaderEpoch epoch = node.View().Epoch;
                    if (!last.TryGetValue(node.Id, out (LeaderEpoch Epoch, long AtMs) before))
                    {
                        last[node.Id] = (epoch, nowMs);
                    }
                    else if (before.Epoch != epoch)
                    {
                        shortest = Math.Min(shortest, nowMs - before.AtMs);
                        last[node.Id] = (epoch, nowMs);
                    }
                }

                return world.World.Leader is not null;
            });
        }

        return shortest;
    }

    private static void HandOver(string? mutant)
    {
        var world = new Scripted(3, mutant);
        SimulatedNode leader = world.Elect();
        world.Run(2_000);
        Assert.Equal(ErrorCode.None, world.Ask(leader, Transfer()).Error);
        Assert.NotEqual(leader, world.Elect(leader));
    }

    private static RaftRequest.TransferLeadership Transfer() => new() { ClusterId = QuorumWorld.ClusterId, Preferred = NodeId.None };
}
