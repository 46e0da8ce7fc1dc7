using System.Collections.Immutable;
using System.Diagnostics;
using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>Requests to the controller as messages, and back.</summary>
internal static class ControllerWire
{
    public static ControllerQuestion ToWire(ControllerRequest request) => request switch
    {
        ControllerRequest.Register register => new ControllerQuestion { Register = RegistrationWire.ToWire(register) },
        ControllerRequest.Beat { Heartbeat: var heartbeat } => new ControllerQuestion
        {
            Heartbeat = new BrokerHeartbeat
            {
                BrokerId = heartbeat.Id.Value,
                BrokerEpoch = heartbeat.Epoch.Value,
                AppliedEnd = heartbeat.AppliedEnd,
                WantFence = heartbeat.WantFence,
                WantShutdown = heartbeat.WantShutdown,
            },
        },
        ControllerRequest.CreateTopics create => new ControllerQuestion
        {
            CreateTopics = new TopicsToCreate { Topics = { create.Topics.Select(ToWire) }, ValidateOnly = create.ValidateOnly },
        },
        ControllerRequest.DeleteTopics delete => new ControllerQuestion
        {
            DeleteTopics = new TopicsToDelete { Topics = { delete.Topics.Select(WireValues.ToWire) }, RequestId = WireValues.ToWire(delete.RequestId) },
        },
        ControllerRequest.CreatePartitions create => new ControllerQuestion
        {
            CreatePartitions = new PartitionsToCreate
            {
                Topics = { create.Topics.Select(topic => new TopicToGrow { Topic = WireValues.ToWire(topic.Topic), Count = topic.Count }) },
                ValidateOnly = create.ValidateOnly,
            },
        },
        ControllerRequest.AlterConfigs alter => new ControllerQuestion
        {
            AlterConfigs = new ConfigsToAlter { Owners = { alter.Alterations.Select(ToWire) }, ValidateOnly = alter.ValidateOnly },
        },
        ControllerRequest.Unregister unregister => new ControllerQuestion
        {
            Unregister = new BrokerToForget { BrokerId = unregister.Broker.Value, Force = unregister.Force },
        },
        ControllerRequest.AlterPartitions alter => new ControllerQuestion { AlterPartitions = IsrWire.ToWire(alter) },
        ControllerRequest.Reassign reassign => new ControllerQuestion { Reassign = PartitionWire.ToWire(reassign) },
        ControllerRequest.Elect elect => new ControllerQuestion { Elect = PartitionWire.ToWire(elect) },
        ControllerRequest.TakeProducerIds take => new ControllerQuestion
        {
            TakeProducerIds = new ProducerIdsToTake { BrokerId = take.Broker.Value, BrokerEpoch = take.Epoch.Value },
        },
        _ => throw new UnreachableException(request.GetType().Name),
    };

    /// <summary>Null when nothing sensible was sent.</summary>
    public static ControllerRequest? FromWire(ControllerQuestion question) => question.KindCase switch
    {
        ControllerQuestion.KindOneofCase.Register => RegistrationWire.FromWire(question.Register),
        ControllerQuestion.KindOneofCase.Heartbeat => new ControllerRequest.Beat(new Heartbeat(
            new NodeId(question.Heartbeat.BrokerId),
            new BrokerEpoch(question.Heartbeat.BrokerEpoch),
            question.Heartbeat.AppliedEnd,
            question.Heartbeat.WantFence,
            question.Heartbeat.WantShutdown)),
        ControllerQuestion.KindOneofCase.CreateTopics => new ControllerRequest.CreateTopics(
            [.. question.CreateTopics.Topics.Select(FromWire)], question.CreateTopics.ValidateOnly),
        ControllerQuestion.KindOneofCase.DeleteTopics => new ControllerRequest.DeleteTopics(
            [.. question.DeleteTopics.Topics.Select(WireValues.ToTopic)], WireValues.ToGuid(question.DeleteTopics.RequestId)),
        ControllerQuestion.KindOneofCase.CreatePartitions => new ControllerRequest.CreatePartitions(
            [.. question.CreatePartitions.Topics.Select(topic => new NewPartitions(WireValues.ToTopic(topic.Topic), topic.Count))],
            question.CreatePartitions.ValidateOnly),
        ControllerQuestion.KindOneofCase.AlterConfigs => new ControllerRequest.AlterConfigs(
            [.. question.AlterConfigs.Owners.Select(FromWire)], question.AlterConfigs.ValidateOnly),
        ControllerQuestion.KindOneofCase.Unregister => new ControllerRequest.Unregister(
            new NodeId(question.Unregister.BrokerId), question.Unregister.Force),
        ControllerQuestion.KindOneofCase.AlterPartitions => IsrWire.FromWire(question.AlterPartitions),
        ControllerQuestion.KindOneofCase.Reassign => PartitionWire.FromWire(question.Reassign),
        ControllerQuestion.KindOneofCase.Elect => PartitionWire.FromWire(question.Elect),
        ControllerQuestion.KindOneofCase.TakeProducerIds => new ControllerRequest.TakeProducerIds(
            new NodeId(question.TakeProducerIds.BrokerId), new BrokerEpoch(question.TakeProducerIds.BrokerEpoch)),
        _ => null,
    };

    private static TopicToCreate ToWire(NewTopic topic) => new()
    {
        Name = topic.Name,
        Id = topic.Id == TopicId.None ? ByteString.Empty : WireValues.ToWire(topic.Id.Value),
        Partitions = topic.Partitions,
        ReplicationFactor = topic.ReplicationFactor,
        Configs = { topic.Configs },
        Assignments =
        {
            topic.Assignments.Select(pair => new AssignedPartition { Partition = pair.Key, Replicas = { pair.Value.Select(id => id.Value) } }),
        },
    };

    private static NewTopic FromWire(TopicToCreate topic) => new()
    {
        Name = topic.Name,
        Id = new TopicId(WireValues.ToGuid(topic.Id)),
        Partitions = topic.Partitions,
        ReplicationFactor = topic.ReplicationFactor,
        Configs = ConfigsImage.NoValues.AddRange(topic.Configs),
        Assignments = topic.Assignments.DistinctBy(one => one.Partition).ToImmutableSortedDictionary(
            one => one.Partition, one => one.Replicas.Select(id => new NodeId(id)).ToImmutableArray()),
    };

    private static OwnerToAlter ToWire(ConfigAlteration alteration)
    {
        var owner = new OwnerToAlter { Owner = WireValues.ToWire(alteration.Owner) };
        foreach (ConfigChange change in alteration.Changes)
        {
            var wire = new ConfigToAlter { Key = change.Key };
            if (change.Value is { } value)
            {
                wire.Value = value;
            }

            owner.Changes.Add(wire);
        }

        return owner;
    }

    private static ConfigAlteration FromWire(OwnerToAlter owner) => new(
        WireValues.ToOwner(owner.Owner), [.. owner.Changes.Select(change => new ConfigChange(change.Key, change.HasValue ? change.Value : null))]);
}
