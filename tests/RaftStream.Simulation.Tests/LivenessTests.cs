using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Quorums.Liveness;
using RaftStream.Simulation.Quorums.World;
using RaftStream.Simulation.Tests.Scenarios;

namespace RaftStream.Simulation.Tests;

/// <summary>The liveness checks see what they are there for.</summary>
public sealed class LivenessTests
{
    [Fact]
    public void L_1_sees_that_nobody_leads_and_that_another_one_does()
    {
        var world = new Scripted(3);
        Assert.Equal("L-1: nobody leads", OneLeader.Wrong(world.World));
        SimulatedNode first = world.Elect();
        LeaderEpoch epoch = first.View().Epoch;
        world.Run(3_000);
        Assert.Null(OneLeader.Wrong(world.World) ?? OneLeader.Changed(world.World, first, epoch));

        world.Isolate(first);
        world.Elect(first);
        Assert.StartsWith("L-1: another election", OneLeader.Changed(world.World, first, epoch), StringComparison.Ordinal);
        Assert.StartsWith($"L-1: {first.Id} takes", OneLeader.Wrong(world.World), StringComparison.Ordinal);
    }

    [Fact]
    public void L_2_sees_who_is_down_or_finds_no_leader()
    {
        var world = new Scripted(3);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        Assert.Null(NobodyIsLost.Wrong(world.World));
        SimulatedNode other = world.World.Nodes.First(node => node != leader);

        world.Isolate(other);
        world.Until(() => NobodyIsLost.Wrong(world.World) == $"L-2: {other.Id} is Prospective");
        other.LosePower();
        Assert.Equal($"L-2: {other.Id} is down", NobodyIsLost.Wrong(world.World));
    }

    [Fact]
    public void L_4_sees_who_stays_behind()
    {
        var world = new Scripted(3);
        SimulatedNode leader = world.Elect();
        world.Run(3_000);
        SimulatedNode other = world.World.Nodes.First(node => node != leader);
        Assert.Null(EverybodyKeepsUp.Wrong(world.World));

        world.Isolate(other);
        for (int i = 0; i < 120; i++)
        {
            world.WriteAndWait(i);
        }

        Assert.StartsWith($"L-4: {other.Id} has applied", EverybodyKeepsUp.Wrong(world.World), StringComparison.Ordinal);
    }

    [Fact]
    public void L_5_sees_a_fenced_broker_and_a_partition_without_leader()
    {
        var world = new Scripted(1, brokers: 1);
        SimulatedNode leader = world.Elect();
        SimulatedNode broker = world.World.Nodes[1];
        Assert.Equal("L-5: broker 1 is fenced", EveryPartitionIsLed.Wrong(world.World));

        var start = new BrokerStart
        {
            Id = new NodeId(broker.Id),
            IncarnationId = broker.DirectoryId,
            LogDirectoryId = broker.DirectoryId,
            Endpoints = [new BrokerEndpoint("GRPC", broker.Place.Host, broker.Place.Port)],
            PreviousEpoch = BrokerEpoch.None,
            Features = FeatureControl.Supported,
        };
        var registered = new Answer();
        leader.Submit(RegistrationControl.Register(world.World.Options.Controller, QuorumWorld.ClusterId, start), registered.Take);
        world.Until(() => registered.IsDone);
        BrokerEpoch epoch = ((RegistrationAnswer)registered.Response!).Epoch;
        Beat(world, broker, epoch);
        var created = new Answer();
        leader.Submit(
            ControllerOperation.Of("create topic", image => TopicControl.Create(
                image, new ControllerSettings(), [new NewTopic { Name = "led", Partitions = 1, ReplicationFactor = 1 }], validateOnly: false, new Prng(1))),
            created.Take);
        world.Until(() => created.IsDone);
        Assert.Null(EveryPartitionIsLed.Wrong(world.World));

        // Silent for too long: its session ends, and its partitions are without a leader.
        world.Until(() => EveryPartitionIsLed.Wrong(world.World) == "L-5: broker 1 is fenced");
        MetadataImage image = leader.Replica!.Controller.Committed;
        Assert.StartsWith("L-5: led-0 has no leader", EveryPartitionIsLed.WithoutLeader(world.World, image), StringComparison.Ordinal);
        broker.LosePower();
        Assert.Null(EveryPartitionIsLed.WithoutLeader(world.World, image));
    }

    private static void Beat(Scripted world, SimulatedNode broker, BrokerEpoch epoch)
    {
        var beaten = new Answer();
        world.Leader.Submit(HeartbeatControl.Take(new Heartbeat(new NodeId(broker.Id), epoch, long.MaxValue)), beaten.Take);
        world.Until(() => beaten.IsDone);
        Assert.False(((HeartbeatAnswer)beaten.Response!).IsFenced);
    }
}
