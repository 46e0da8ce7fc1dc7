using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Simulation.Disk;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>What goes wrong, and when (F-1 to F-8): bursts of faults, drawn from the seed.</summary>
public sealed class FaultPlan(QuorumWorld world, Prng prng)
{
    private bool _isOver;

    /// <summary>Plans the first fault; each plans the next.</summary>
    public void Begin()
    {
        if (!world.Options.WithoutFaults)
        {
            world.Agenda.In(500 + prng.Next(3_000), Next);
        }
    }

    /// <summary>Everything is mended: the network, the processes and the disks.</summary>
    public void End()
    {
        _isOver = true;
        world.Network.Heal();
        foreach (SimulatedNode node in world.Nodes)
        {
            node.Disk.ClearFaults();
            node.Disk.PowerLossIn(long.MaxValue);
            node.Resume();
            node.Start();
        }
    }

    private void Next()
    {
        if (_isOver)
        {
            return;
        }

        Fault();
        world.Agenda.In(prng.OneIn(3) ? 1 + prng.Next(200) : 200 + prng.Next(4_000), Next);
    }

    private void Fault()
    {
        SimulatedNode node = Victim();
        switch (prng.Next(16))
        {
            case 0 or 1:
                world.Marks.Reach("kill");
                Note($"kill {node.Id}");
                node.Kill();
                StartLater(node);
                break;
            case 2 or 3:
                world.Marks.Reach("power loss");
                Note($"power loss {node.Id}");
                node.LosePower();
                StartLater(node);
                break;
            case 4:
                Note($"power loss {node.Id} soon");
                node.LosePowerIn(1 + prng.Next(60));
                StartLater(node);
                break;
            case 5:
                AllLosePower();
                break;
            case 6:
                Pause(node);
                break;
            case 7 or 8:
                CutOff(node, isBothWays: prng.OneIn(2));
                break;
            case 9:
                Weather();
                break;
            case 10:
                world.Marks.Reach("wall clock jump");
                node.Clock.Jump((prng.OneIn(2) ? 1 : -1) * prng.Next(86_400_000));
                break;
            case 11:
                FailDisk(node);
                break;
            case 12:
                Note($"stop {node.Id}");
                node.Stop();
                StartLater(node);
                break;
            case 13 or 14:
                ChangeVoters();
                break;
            default:
                Transfer();
                break;
        }
    }

    /// <summary>The leader, more often than not: that is where it hurts.</summary>
    private SimulatedNode Victim() =>
        prng.OneIn(2) && world.Leader is { } leader ? leader : world.Nodes[prng.Next(world.Nodes.Count)];

    private void AllLosePower()
    {
        Note("power loss of all");
        world.Marks.Reach("power loss");
        foreach (SimulatedNode node in world.Nodes)
        {
            node.LosePower();
            StartLater(node);
        }
    }

    private void Pause(SimulatedNode node)
    {
        world.Marks.Reach("pause");
        Note($"pause {node.Id}");
        node.Pause();
        world.Agenda.In(100 + prng.Next(prng.OneIn(4) ? 20_000 : 3_000), () => node.Resume());
    }

    private void CutOff(SimulatedNode node, bool isBothWays)
    {
        world.Marks.Reach(isBothWays ? "two-way cut" : "one-way cut");
        Note($"cut {node.Id}{(isBothWays ? "" : " one way")}");
        bool isOut = prng.OneIn(2);
        foreach (SimulatedNode other in world.Nodes.Where(other => other != node))
        {
            if (isBothWays || isOut)
            {
                world.Network.Cut(node.Id, other.Id);
            }

            if (isBothWays || !isOut)
            {
                world.Network.Cut(other.Id, node.Id);
            }
        }

        world.Agenda.In(300 + prng.Next(8_000), world.Network.Join);
    }

    private void Weather()
    {
        Note("bad weather");
        world.Network.LostPerMille = prng.Next(200);
        world.Network.TwicePerMille = prng.Next(200);
        world.Network.LatePerMille = prng.Next(200);
        world.Agenda.In(500 + prng.Next(8_000), () =>
        {
            world.Network.LostPerMille = world.Network.TwicePerMille = world.Network.LatePerMille = 0;
        });
    }

    private void FailDisk(SimulatedNode node)
    {
        DiskOperation[] operations = [DiskOperation.Flush, DiskOperation.Write, DiskOperation.Rename, DiskOperation.SyncDirectory];
        DiskOperation operation = operations[prng.Next(operations.Length)];
        Note($"{operation} of {node.Id} fails");
        world.ExpectFailure(node);
        node.Disk.Fail(operation);
        StartLater(node);
    }

    private void StartLater(SimulatedNode node)
    {
        long delay = prng.Next(3) switch { 0 => 1, 1 => 200 + prng.Next(1_000), _ => prng.Next(10_000) };
        world.Agenda.In(delay, node.Start);
        world.Agenda.In(delay + 11_000, node.Start); // what died in the meantime
    }

    private void ChangeVoters()
    {
        if (world.Leader is not { IsPaused: false } leader || leader.Replica is not { } replica)
        {
            return;
        }

        VoterSet voters = replica.Node.View.Voters;
        List<SimulatedNode> outside = [.. world.Nodes.Where(node => node.CanVote && voters.Find(new NodeId(node.Id)) is null)];
        if (outside.Count > 0 && (prng.OneIn(2) || voters.Voters.Length <= 2))
        {
            SimulatedNode joining = outside[prng.Next(outside.Count)];
            Note($"add voter {joining.Id}");
            Ask(leader, "voter added", new RaftRequest.AddVoter
            {
                ClusterId = QuorumWorld.ClusterId,
                Voter = new Voter(joining.Key, joining.Place),
                TimeoutMs = 4_000,
                AckWhenCommitted = !prng.OneIn(3),
            });
        }
        else if (voters.Voters.Length > 2 || prng.OneIn(4))
        {
            Remove(leader, voters);
        }
    }

    private void Remove(SimulatedNode leader, VoterSet voters)
    {
        Voter voter = voters.Voters[prng.Next(voters.Voters.Length)];
        SimulatedNode node = world.Nodes[voter.Key.Id.Value];
        bool wipes = prng.OneIn(2) && node != leader;
        Note($"remove voter {voter.Key}{(wipes ? ", then wipe its disk" : "")}");
        leader.Ask(
            new RaftRequest.RemoveVoter { ClusterId = QuorumWorld.ClusterId, Key = voter.Key, TimeoutMs = 4_000 },
            response =>
            {
                if (response.Error == ErrorCode.None)
                {
                    world.Marks.Reach("voter removed");
                    if (wipes && !_isOver)
                    {
                        // Only a disk that no longer votes may be wiped without risk (C-13.6).
                        world.Marks.Reach("disk wiped");
                        world.Agenda.In(0, () =>
                        {
                            node.Wipe();
                            node.Start();
                        });
                    }
                }
            });
    }

    private void Transfer()
    {
        if (world.Leader is { IsPaused: false } leader)
        {
            Note($"hand over from {leader.Id}");
            Ask(leader, "leadership handed over", new RaftRequest.TransferLeadership { ClusterId = QuorumWorld.ClusterId, Preferred = NodeId.None });
        }
    }

    private void Ask(SimulatedNode node, string mark, RaftRequest request) => node.Ask(request, response =>
    {
        if (response.Error == ErrorCode.None)
        {
            world.Marks.Reach(mark);
        }
    });

    private void Note(string what) => world.Trace.Add(world.Agenda.NowMs, "*** " + what);
}
