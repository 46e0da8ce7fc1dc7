using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Grpc.Tests;

/// <summary>A leader that cannot know what is committed, because too few replicas are in sync, names the remedy .</summary>
public sealed class TooFewInSyncTests
{
    [Fact]
    public void R_5_1_who_is_missing_and_the_config_are_named() => Assert.Equal(
        "The leader of orders-3 cannot know yet what is committed: in sync is only 2, and min.insync.replicas wants 2. "
        + "Bring back replicas (1, 3), or lower it: raftstream topic alter orders --config min.insync.replicas=1",
        GrpcErrors.TooFewInSync("orders", State(2)));

    [Fact]
    public void R_5_1_with_enough_in_sync_it_is_a_matter_of_time() => Assert.Null(GrpcErrors.TooFewInSync("orders", State(2, 3)));

    private static PartitionState State(params int[] isr) => new()
    {
        Partition = 3,
        Replicas = [new NodeId(1), new NodeId(2), new NodeId(3)],
        Isr = [.. isr.Select(id => new NodeId(id))],
        Leader = new NodeId(2),
        LeaderEpoch = new LeaderEpoch(4),
        PartitionEpoch = new PartitionEpoch(9),
        MinIsr = 2,
        Flush = Flush.Os,
    };
}
