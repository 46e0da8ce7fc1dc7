using Google.Protobuf;
using RaftStream.Broker.Controller;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Raft;

namespace RaftStream.Broker.Tests.Controller;

public class ControllerReplyTests
{
    private static readonly RaftEndpoint Somewhere = new("controller", 9093);

    [Fact]
    public void R_8_3_A_state_that_cannot_be_is_as_good_as_no_answer()
    {
        ControllerReply reply = Reply(new AlteredPartition
        {
            TopicId = ByteString.CopyFrom(new byte[16]),
            State = new PartitionRecord { TopicId = ByteString.CopyFrom(1, 2, 3), Partition = 0, Leader = 1 },
        });

        Assert.Equal(ErrorCode.NotController, ControllerPeers.Decode(Somewhere, reply).Error?.Code);
    }

    [Fact]
    public void R_8_3_An_error_that_is_too_large_is_no_success()
    {
        ControllerReply reply = Reply(new AlteredPartition { TopicId = ByteString.CopyFrom(new byte[16]), Error = 65536 });

        var outcomes = Assert.IsAssignableFrom<IReadOnlyList<IsrOutcome>>(ControllerPeers.Decode(Somewhere, reply).Response);
        Assert.Equal(ErrorCode.UnknownServerError, outcomes.Single().Error);
        Assert.Equal(ErrorCode.UnknownServerError, ControllerPeers.Decode(Somewhere, new ControllerReply { Error = 65536 }).Error?.Code);
    }

    private static ControllerReply Reply(AlteredPartition partition) =>
        new() { AlteredPartitions = new AlteredPartitions { Partitions = { partition } } };
}
