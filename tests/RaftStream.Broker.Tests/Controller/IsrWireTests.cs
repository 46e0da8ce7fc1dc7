using RaftStream.Broker.Controller;
using RaftStream.Broker.Controller.Wire;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>A leader's proposals and what becomes of them, over the wire and back .</summary>
public class IsrWireTests
{
    private static readonly TopicPartition Partition = new(new TopicId(Guid.NewGuid()), 7);

    [Theory]
    [InlineData(RecoveryState.Recovered)]
    [InlineData(RecoveryState.Recovering)]
    public void A_proposal_arrives_as_it_was_sent(RecoveryState recovery)
    {
        var proposal = new IsrProposal(
            Partition, new LeaderEpoch(5), new PartitionEpoch(9), [new IsrMember(new NodeId(1), BrokerEpoch.None), new IsrMember(new NodeId(2), new BrokerEpoch(77))], recovery);
        ControllerQuestion question = ControllerWire.ToWire(new ControllerRequest.AlterPartitions(new NodeId(1), new BrokerEpoch(33), [proposal]));

        var arrived = Assert.IsType<ControllerRequest.AlterPartitions>(ControllerWire.FromWire(question));

        Assert.Equal((new NodeId(1), new BrokerEpoch(33)), (arrived.Broker, arrived.Epoch));
        IsrProposal back = Assert.Single(arrived.Proposals);
        Assert.Equal(proposal with { NewIsr = back.NewIsr }, back);
        Assert.Equal(proposal.NewIsr.AsEnumerable(), back.NewIsr.AsEnumerable());
    }

    [Fact]
    public void Outcomes_arrive_as_they_were_sent()
    {
        var state = new PartitionState
        {
            Partition = 7,
            Replicas = [new NodeId(1), new NodeId(2), new NodeId(3)],
            Adding = [new NodeId(3)],
            Removing = [new NodeId(2)],
            Isr = [new NodeId(1)],
            Elr = [new NodeId(2)],
            Leader = new NodeId(1),
            LeaderEpoch = new LeaderEpoch(4),
            PartitionEpoch = new PartitionEpoch(6),
            MinIsr = 2,
            Flush = Flush.Commit,
            RecoveryState = RecoveryState.Recovering,
            LastUncleanEpoch = new LeaderEpoch(4),
        };
        IReadOnlyList<IsrOutcome> outcomes =
            [new IsrOutcome(Partition, ErrorCode.None, state), new IsrOutcome(Partition with { Partition = 8 }, ErrorCode.FencedLeaderEpoch, null)];
        var request = new ControllerRequest.AlterPartitions(new NodeId(1), new BrokerEpoch(33), []);

        var back = Assert.IsAssignableFrom<IReadOnlyList<IsrOutcome>>(ReplyWire.FromWire(ReplyWire.ToWire(request, outcomes, metadataEnd: 5)));

        Assert.Equal(2, back.Count);
        Assert.Equal(state.ToRecord(Partition.TopicId), back[0].State!.ToRecord(Partition.TopicId));
        Assert.Equal(outcomes[1], back[1]);
    }
}
