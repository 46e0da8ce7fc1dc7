using System.Collections.Immutable;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Controller.Wire;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>Reassignments and elections over the wire and back.</summary>
public class PartitionWireTests
{
    private static readonly TopicReference Topic = new("t", new TopicId(Guid.NewGuid()));

    [Fact]
    public void Reassignments_arrive_as_they_were_sent()
    {
        var request = new ControllerRequest.Reassign(
            [
                new Reassignment(new PartitionReference(Topic, 3), [new NodeId(2), new NodeId(1)]),
                new Reassignment(new PartitionReference(Topic with { Id = TopicId.None }, 4), null),
                new Reassignment(new PartitionReference(Topic, 5), []),
            ],
            AllowFactorChange: true);

        var back = Assert.IsType<ControllerRequest.Reassign>(ControllerWire.FromWire(ControllerWire.ToWire(request)));

        Assert.True(back.AllowFactorChange);
        Assert.Equal(request.Reassignments.Select(one => one.Partition), back.Reassignments.Select(one => one.Partition));
        Assert.Equal([2, 1], back.Reassignments[0].Target!.Value.Select(id => id.Value));
        Assert.Null(back.Reassignments[1].Target);
        Assert.Empty(back.Reassignments[2].Target!.Value);
    }

    [Theory]
    [InlineData(ElectionKind.Preferred)]
    [InlineData(ElectionKind.Unclean)]
    public void Elections_arrive_as_they_were_sent(ElectionKind kind)
    {
        var some = new ControllerRequest.Elect(kind, [new PartitionReference(Topic, 3)]);
        var none = new ControllerRequest.Elect(kind, []);
        var all = new ControllerRequest.Elect(kind, null);

        Assert.Equal(some.Partitions, Back(some).Partitions);
        Assert.Equal(kind, Back(some).Kind);
        Assert.Empty(Back(none).Partitions!);
        Assert.Null(Back(all).Partitions);

        static ControllerRequest.Elect Back(ControllerRequest request) =>
            Assert.IsType<ControllerRequest.Elect>(ControllerWire.FromWire(ControllerWire.ToWire(request)));
    }

    [Fact]
    public void Outcomes_arrive_as_they_were_sent()
    {
        ImmutableArray<PartitionOutcome> outcomes =
            [new PartitionOutcome(Topic, 1, null), new PartitionOutcome(Topic, 2, new OperationError(ErrorCode.ElectionNotNeeded, "It leads."))];
        var request = new ControllerRequest.Elect(ElectionKind.Preferred, null);

        var back = Assert.IsType<ImmutableArray<PartitionOutcome>>(ReplyWire.FromWire(ReplyWire.ToWire(request, outcomes, metadataEnd: 5)));

        Assert.Equal(outcomes.AsEnumerable(), back.AsEnumerable());
    }
}
