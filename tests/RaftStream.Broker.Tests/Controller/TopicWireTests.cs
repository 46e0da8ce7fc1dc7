using RaftStream.Broker.Controller;
using RaftStream.Broker.Controller.Wire;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Tests.Controller;

/// <summary>Creations and deletions of topics over the wire and back.</summary>
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
    public void C_14_4_a_deletion_arrives_with_the_id_of_its_request()
    {
        var request = new ControllerRequest.DeleteTopics([new TopicReference("t", TopicId.None), new TopicReference("", new TopicId(Guid.NewGuid()))], Guid.NewGuid());

        var back = Assert.IsType<ControllerRequest.DeleteTopics>(ControllerWire.FromWire(ControllerWire.ToWire(request)));

        Assert.Equal(request.RequestId, back.RequestId);
        Assert.Equal(request.Topics, back.Topics);
    }
}
