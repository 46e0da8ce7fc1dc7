using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Disk;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>What goes wrong, and when (F-1 to F-5): bursts of faults, drawn from the seed.</summary>
internal sealed class ClusterFaults(ClusterWorld world, Prng prng)
{
    /// <summary>True when nothing goes wrong any more.</summary>
    public bool AreOver { get; private set; }

    /// <summary>Plans the first fault; each plans the next.</summary>
    public void Begin()
    {
        if (!world.Options.WithoutFaults)
        {
            world.Agenda.In(1_500 + prng.Next(2_000), Next);
        }
    }

    /// <summary>Everything is mended: the network, the processes and the disks.</summary>
    public void End()
    {
        AreOver = true;
        world.Operator.End();
        world.Network.Heal();
        world.Quorum.EndForks();
        foreach (BrokerMachine broker in world.Brokers)
        {
            broker.Mend();
            broker.Resume();
            broker.Start();
        }
    }

    /// <summary>R-1.2: with flush=os every partition keeps a replica that has everything and loses nothing.</summary>
    public bool MayLose(BrokerMachine broker) => world.Options.FlushesOnCommit
        || (world.Brokers.All(other => other == broker || (!other.IsUnclean && !other.IsLossy))
            && HasHolders(broker.Id));

    /// <summary>A kill loses nothing, but the controller cannot know: beside a lossy replica it may take the wrong one (R-9.5).</summary>
    public bool MayKill(BrokerMachine broker) => world.Options.FlushesOnCommit || world.Brokers.All(other => other == broker || !other.IsLossy);

    /// <summary>F-6: somebody else is known to hold everything, and one replaced disk at a time is what replicas are for.</summary>
    public bool MayWipe(BrokerMachine broker) => world.Options.WipesDisks
        && world.Brokers.All(other => !other.IsWiped)
        && (world.Options.FlushesOnCommit
            ? HasHolders(broker.Id)
            : MayLose(broker))
        && !IsLastHope(broker.Id);

    /// <summary>F-6: none of these new partitions begins with an empty disk, of which the controller does not know yet, as the only one to count on.</summary>
    public bool MayCreate(IEnumerable<PartitionState> partitions) =>
        !world.Brokers.Any(broker => broker.IsWiped && !partitions.All(state => KeepsHolder(state, broker.Id)));

    private void Next()
    {
        if (AreOver)
        {
            return;
        }

        Fault();
        world.Agenda.In(prng.OneIn(3) ? 1 + prng.Next(150) : 150 + prng.Next(2_500), Next);
    }

    private void Fault()
    {
        BrokerMachine broker = Victim();
        switch (prng.Next(22))
        {
            case 0 or 1:
                if (MayKill(broker))
                {
                    world.Marks.Reach("kill");
                    Note($"kill {broker.Id}");
                    broker.Kill();
                    StartLater(broker);
                }

                break;
            case 2 or 3:
                LosePower(broker);
                break;
            case 4:
                if (MayLose(broker))
                {
                    Note($"power loss {broker.Id} soon");
                    broker.LosePowerIn(1 + prng.Next(40));
                    StartLater(broker);
                }

                break;
            case 5:
                if (prng.OneIn(3))
                {
                    AllLosePower();
                }

                break;
            case 6:
                Pause(broker);
                break;
            case 7 or 8 or 9:
                CutOff(broker);
                break;
            case 10:
                Weather();
                break;
            case 11:
                SlowDisk(broker);
                break;
            case 12:
                FailDisk(broker);
                break;
            case 13:
                Note("the controller goes");
                world.Quorum.Depose(crashes: prng.OneIn(2));
                break;
            case 14:
                SlowMetadata(broker);
                break;
            case 15:
                Note($"stop {broker.Id}");
                broker.Process?.Do(broker.Process.Stop);
                world.Agenda.In(9_000 + prng.Next(3_000), broker.Start);
                StartLater(broker);
                break;
            case 16:
                WipeDisk(broker);
                break;
            case 17:
                FillDisk(broker);
                break;
            case 18 when world.Options.LosesRecords:
                LoseTheEligible();
                break;
            default:
                world.Operator.Operate();
                break;
        }
    }

    /// <summary>A leader, more often than not: that is where it hurts.</summary>
    private BrokerMachine Victim()
    {
        NodeId leader = world.Operator.AnyPartition(prng) is { } partition
            ? world.Quorum.Image.Topics.ById[partition.TopicId].Partitions[partition.Partition].Leader
            : NodeId.None;
        return leader != NodeId.None && prng.OneIn(2) ? world.Brokers[leader.Value] : world.Brokers[prng.Next(world.Brokers.Count)];
    }

    private void LosePower(BrokerMachine broker)
    {
        if (MayLose(broker))
        {
            world.Marks.Reach("power loss");
            Note($"power loss {broker.Id}");
            broker.LosePower();
            StartLater(broker);
        }
    }

    private void AllLosePower()
    {
        if (world.Options.FlushesOnCommit)
        {
            world.Marks.Reach("power loss of all");
            Note("power loss of all");
            foreach (BrokerMachine broker in world.Brokers)
            {
                broker.LosePower();
                StartLater(broker);
            }
        }
    }

    private void Pause(BrokerMachine broker)
    {
        world.Marks.Reach("pause");
        Note($"pause {broker.Id}");
        broker.Pause();
        world.Agenda.In(100 + prng.Next(prng.OneIn(4) ? 10_000 : 3_000), broker.Resume);
    }

    private void CutOff(BrokerMachine broker)
    {
        bool isBothWays = prng.OneIn(2);
        bool isOut = prng.OneIn(2);
        bool isPair = prng.OneIn(2);
        world.Marks.Reach(isBothWays ? "two-way cut" : "one-way cut");
        IEnumerable<int> others = world.Brokers.Where(other => other != broker).Select(other => other.Id.Value)
            .Concat(Enumerable.Range(0, world.Options.Controllers).Select(ClusterNetwork.Controller));
        if (isPair)
        {
            others = [others.ElementAt(prng.Next(world.Brokers.Count - 1))];
        }

        int[] cut = [.. others];
        Note($"cut {broker.Id} from {string.Join(",", cut)}{(isBothWays ? "" : isOut ? " outwards" : " inwards")}");
        foreach (int other in cut)
        {
            if (isBothWays || isOut)
            {
                world.Network.Cut(broker.Id.Value, other);
            }

            if (isBothWays || !isOut)
            {
                world.Network.Cut(other, broker.Id.Value);
            }
        }

        world.Agenda.In(300 + prng.Next(6_000), world.Network.Join);
    }

    private void Weather()
    {
        world.Marks.Reach("bad weather");
        Note("bad weather");
        world.Network.LostPerMille = prng.Next(80);
        world.Network.TwicePerMille = prng.Next(150);
        world.Network.LatePerMille = prng.Next(150);
        world.Agenda.In(500 + prng.Next(6_000), () => world.Network.LostPerMille = world.Network.TwicePerMille = world.Network.LatePerMille = 0);
    }

    private void SlowDisk(BrokerMachine broker)
    {
        world.Marks.Reach("slow disk");
        broker.FlushMs = prng.OneIn(4) ? 10_000 : 20 + prng.Next(1_500);
        Note($"disk of {broker.Id} takes {broker.FlushMs} ms");
        world.Agenda.In(1_000 + prng.Next(8_000), () => broker.FlushMs = 2);
    }

    private void FailDisk(BrokerMachine broker)
    {
        if (!MayLose(broker))
        {
            return;
        }

        DiskOperation[] operations = [DiskOperation.Flush, DiskOperation.Write, DiskOperation.Rename, DiskOperation.SyncDirectory];
        DiskOperation operation = operations[prng.Next(operations.Length)];
        Note($"{operation} of {broker.Id} fails");
        broker.ExpectFailure();
        broker.Disk.Fail(operation);
        StartLater(broker);
    }

    private void WipeDisk(BrokerMachine broker)
    {
        if (MayWipe(broker))
        {
            world.Marks.Reach("disk replaced");
            Note($"the disk of {broker.Id} is replaced");
            broker.Wipe();
            StartLater(broker);
        }
    }

    private void FillDisk(BrokerMachine broker)
    {
        if (!MayLose(broker))
        {
            return;
        }

        world.Marks.Reach("disk full");
        int room = prng.Next(4_000);
        Note($"the disk of {broker.Id} has room for {room} bytes");
        broker.FillDisk(room);
        world.Agenda.In(500 + prng.Next(6_000), () =>
        {
            broker.MakeRoom();
            StartLater(broker);
        });
    }

    /// <summary>One replica is left behind, and then all that have everything are gone for a while (R-9.6).</summary>
    private void LoseTheEligible()
    {
        if (world.Operator.AnyPartition(prng) is not { } partition)
        {
            return;
        }

        PartitionState state = world.Quorum.Image.Topics.ById[partition.TopicId].Partitions[partition.Partition];
        int behind = state.Replicas[prng.Next(state.Replicas.Length)].Value;
        Note($"{behind} is left behind");
        foreach (BrokerMachine other in world.Brokers.Where(other => other.Id.Value != behind))
        {
            world.Network.Cut(behind, other.Id.Value);
            world.Network.Cut(other.Id.Value, behind);
        }

        world.Agenda.In(world.Options.ReplicaLagMaxMs + 1_500, () =>
        {
            world.Network.Join();
            if (AreOver)
            {
                return;
            }

            foreach (BrokerMachine broker in world.Brokers.Where(broker => broker.Id.Value != behind && MayKill(broker)))
            {
                Note($"kill {broker.Id}");
                broker.Kill();
                world.Agenda.In(4_000 + prng.Next(5_000), broker.Start);
            }

            world.Agenda.In(3_000, () => world.Operator.ElectUncleanly());
        });
    }

    private void SlowMetadata(BrokerMachine broker)
    {
        world.Marks.Reach("slow metadata");
        broker.MetadataLagMs = 50 + prng.Next(prng.OneIn(3) ? 4_000 : 500);
        Note($"metadata of {broker.Id} comes {broker.MetadataLagMs} ms late");
        world.Agenda.In(1_000 + prng.Next(8_000), () => broker.MetadataLagMs = 0);
    }

    private void StartLater(BrokerMachine broker)
    {
        long delay = prng.Next(3) switch { 0 => 1, 1 => 200 + prng.Next(800), _ => prng.Next(6_000) };
        world.Agenda.In(delay, broker.Start);
        world.Agenda.In(delay + 6_000, broker.Start); // what died in the meantime
    }

    /// <summary>Also if a controller that goes has decided more than is committed: that may still be, and make this one the only member.</summary>
    private bool HasHolders(NodeId loser) => world.Quorum.Possible().All(image =>
        image.Topics.InOrder().SelectMany(topic => topic.Partitions).All(state => KeepsHolder(state, loser)));

    /// <summary>Nobody is known to hold everything, and this one led last: it has more than anybody, and may lead again (R-9.3 step 3).</summary>
    private bool IsLastHope(NodeId loser) => world.Quorum.Possible().Any(image =>
        image.Topics.InOrder().SelectMany(topic => topic.Partitions).Any(state =>
            state.Isr.IsEmpty && state.Elr.IsEmpty && state.LastKnownLeader == loser));

    private static bool KeepsHolder(PartitionState state, NodeId loser)
    {
        if (!state.Isr.Contains(loser) && !state.Elr.Contains(loser))
        {
            return true;
        }

        return state.MinIsr > 1
            && state.Isr.Concat(state.Elr).Any(id => id != loser);
    }

    private void Note(string what) => world.Note("*** " + what);
}
