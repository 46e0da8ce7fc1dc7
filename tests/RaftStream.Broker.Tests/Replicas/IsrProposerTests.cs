using RaftStream.Broker.Replicas;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Replicas;

/// <summary>What a leader believes of the controller's answer to its proposals .</summary>
public class IsrProposerTests
{
    private static readonly TopicPartition Asked = new(new TopicId(Guid.NewGuid()), 1);
    private static readonly TopicPartition Sibling = new(Asked.TopicId, 2);

    [Fact]
    public void R_8_5_only_an_outcome_of_the_partition_itself_counts()
    {
        // Mutant: the outcome at the same place, whatever it is of; the leader would take another partition's ISR for its own.
        var good = new IsrOutcome(Asked, ErrorCode.None, State(1));
        var refused = new IsrOutcome(Asked, ErrorCode.FencedLeaderEpoch, null);

        Assert.Same(good, IsrProposer.OutcomeOf(Asked, [refused, good], 1));
        Assert.Same(refused, IsrProposer.OutcomeOf(Asked, [refused, good], 0));
        Assert.Null(IsrProposer.OutcomeOf(Asked, [new IsrOutcome(Sibling, ErrorCode.None, State(1))], 0));
        Assert.Null(IsrProposer.OutcomeOf(Asked, [new IsrOutcome(Asked, ErrorCode.None, State(2))], 0));
        Assert.Null(IsrProposer.OutcomeOf(Asked, [good], 1)); // fewer outcomes than proposals
        Assert.Null(IsrProposer.OutcomeOf(Asked, null, 0));
    }

    private static PartitionState State(int partition) => new()
    {
        Partition = partition,
        Replicas = [new NodeId(1)],
        Isr = [new NodeId(1)],
        Leader = new NodeId(1),
        LeaderEpoch = new LeaderEpoch(4),
        PartitionEpoch = new PartitionEpoch(6),
        MinIsr = 1,
        Flush = Flush.Os,
    };
}
