using RaftStream.Broker.Controller;
using RaftStream.Broker.Controller.Wire;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>Creations, deletions and changes of topics over the wire and back.</summary>
public class TopicWireTests
{
    [Fact]
    public void C_14_4_a_creation_arrives_with_the_id_that_its_broker_chose()
    {
        var topic = new NewTopic { Name = "t", Id = new TopicId(Guid.NewGuid()), Partitions = 3, ReplicationFactor = 2 };

        var back = Assert.IsType<ControllerRequest.CreateTopics>(ControllerWire.FromWire(ControllerWire.ToWire(new ControllerRequest.CreateTopics([topic], ValidateOnly: true))));

        Assert.True(back.ValidateOnly);
        Assert.Equal((topic.Name, topic.Id, 3, 2), (back.Topics[0].Name, back.Topics[0].Id, back.Topics[0].Partitions, back.Topics[0].ReplicationFactor));
    }

    [Fact]
    public void Growth_arrives_with_the_replicas_that_were_chosen()
    {
        NewPartitions[] asked =
        [
            new(new TopicReference("t", TopicId.None), 3, [[new NodeId(2), new NodeId(1)], [new NodeId(1)]]),
            new(new TopicReference("u", TopicId.None), 7),
        ];

        var back = Assert.IsType<ControllerRequest.CreatePartitions>(
            ControllerWire.FromWire(ControllerWire.ToWire(new ControllerRequest.CreatePartitions(asked, ValidateOnly: true))));

        Assert.True(back.ValidateOnly);
        Assert.Equal(asked.Select(one => (one.Topic, one.Count)), back.Topics.Select(one => (one.Topic, one.Count)));
        Assert.Equal([[new NodeId(2), new NodeId(1)], [new NodeId(1)]], back.Topics[0].Assignments.Select(ids => ids.AsEnumerable()));
        Assert.Empty(back.Topics[1].Assignments);
    }

    [Fact]
    public void Alterations_arrive_with_their_operations()
    {
        ConfigAlteration[] asked =
        [
            new(ConfigOwner.Topic("t"), [new ConfigChange("a", "1"), new ConfigChange("b", null), new ConfigChange("c", "x", ConfigOperation.Append), new ConfigChange("d", "y", ConfigOperation.Subtract)]),
            new(ConfigOwner.Cluster, [], ReplacesAll: true),
        ];

        var back = Assert.IsType<ControllerRequest.AlterConfigs>(
            ControllerWire.FromWire(ControllerWire.ToWire(new ControllerRequest.AlterConfigs(asked, ValidateOnly: false))));

        Assert.Equal(asked.Select(one => (one.Owner, one.ReplacesAll)), back.Alterations.Select(one => (one.Owner, one.ReplacesAll)));
        Assert.Equal(asked[0].Changes.AsEnumerable(), back.Alterations[0].Changes.AsEnumerable());
    }

    [Fact]
    public void C_14_4_a_deletion_arrives_with_the_id_of_its_request()
    {
        var request = new ControllerRequest.DeleteTopics([new TopicReference("t", TopicId.None), new TopicReference("", new TopicId(Guid.NewGuid()))], Guid.NewGuid());

        var back = Assert.IsType<ControllerRequest.DeleteTopics>(ControllerWire.FromWire(ControllerWire.ToWire(request)));

        Assert.Equal(request.RequestId, back.RequestId);
        Assert.Equal(request.Topics, back.Topics);
    }
}
