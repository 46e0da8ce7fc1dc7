using System.Diagnostics;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
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
            CreateTopics = new TopicsToCreate { Topics = { create.Topics.Select(TopicWire.ToWire) }, ValidateOnly = create.ValidateOnly },
        },
        ControllerRequest.DeleteTopics delete => new ControllerQuestion
        {
            DeleteTopics = new TopicsToDelete { Topics = { delete.Topics.Select(WireValues.ToWire) }, RequestId = WireValues.ToWire(delete.RequestId) },
        },
        ControllerRequest.CreatePartitions create => new ControllerQuestion
        {
            CreatePartitions = new PartitionsToCreate
            {
                Topics = { create.Topics.Select(TopicWire.ToWire) },
                ValidateOnly = create.ValidateOnly,
            },
        },
        ControllerRequest.AlterConfigs alter => new ControllerQuestion
        {
            AlterConfigs = new ConfigsToAlter { Owners = { alter.Alterations.Select(ConfigWire.ToWire) }, ValidateOnly = alter.ValidateOnly },
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
            [.. question.CreateTopics.Topics.Select(TopicWire.FromWire)], question.CreateTopics.ValidateOnly),
        ControllerQuestion.KindOneofCase.DeleteTopics => new ControllerRequest.DeleteTopics(
            [.. question.DeleteTopics.Topics.Select(WireValues.ToTopic)], WireValues.ToGuid(question.DeleteTopics.RequestId)),
        ControllerQuestion.KindOneofCase.CreatePartitions => new ControllerRequest.CreatePartitions(
            [.. question.CreatePartitions.Topics.Select(TopicWire.FromWire)],
            question.CreatePartitions.ValidateOnly),
        ControllerQuestion.KindOneofCase.AlterConfigs => new ControllerRequest.AlterConfigs(
            [.. question.AlterConfigs.Owners.Select(ConfigWire.FromWire)], question.AlterConfigs.ValidateOnly),
        ControllerQuestion.KindOneofCase.Unregister => new ControllerRequest.Unregister(
            new NodeId(question.Unregister.BrokerId), question.Unregister.Force),
        ControllerQuestion.KindOneofCase.AlterPartitions => IsrWire.FromWire(question.AlterPartitions),
        ControllerQuestion.KindOneofCase.Reassign => PartitionWire.FromWire(question.Reassign),
        ControllerQuestion.KindOneofCase.Elect => PartitionWire.FromWire(question.Elect),
        ControllerQuestion.KindOneofCase.TakeProducerIds => new ControllerRequest.TakeProducerIds(
            new NodeId(question.TakeProducerIds.BrokerId), new BrokerEpoch(question.TakeProducerIds.BrokerEpoch)),
        _ => null,
    };
}
