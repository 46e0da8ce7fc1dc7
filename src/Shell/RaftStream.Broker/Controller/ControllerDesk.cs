using System.Collections.Immutable;
using System.Diagnostics;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using Operation = RaftStream.Metadata.Control.ControllerOperation;

namespace RaftStream.Broker.Controller;

/// <summary>Turns requests into the controller's operations; on every node that may be the controller.</summary>
/// <param name="settings">What decisions go by; the same on all of them.</param>
/// <param name="options">Limits of the controller.</param>
/// <param name="prng">Random choices (topic ids, placement); used by the controller's thread only.</param>
public sealed class ControllerDesk(ControllerSettings settings, ControllerOptions options, Prng prng)
{
    /// <summary>What the operation of <paramref name="request"/> is.</summary>
    public Operation Open(ControllerRequest request) => request switch
    {
        ControllerRequest.Register register => RegistrationControl.Register(options, register.ClusterId, register.Start),
        ControllerRequest.Beat beat => HeartbeatControl.Take(beat.Heartbeat),
        ControllerRequest.CreateTopics create =>
            Operation.Of("create topics", image => Create(image, create)),
        ControllerRequest.DeleteTopics delete => Operation.Of("delete topics", image => TopicControl.Delete(image, delete.Topics)),
        ControllerRequest.CreatePartitions create =>
            Operation.Of("create partitions", image => PartitionControl.Create(image, settings, create.Topics, create.ValidateOnly, prng)),
        ControllerRequest.AlterConfigs alter =>
            Operation.Of("alter configs", image => ConfigControl.Alter(image, settings, alter.Alterations, alter.ValidateOnly)),
        ControllerRequest.Unregister unregister =>
            Operation.Of("unregister broker", image => Unregister(image, settings, unregister.Broker)),
        ControllerRequest.AlterPartitions alter => IsrControl.Alter(alter.Broker, alter.Epoch, alter.Proposals),
        _ => throw new UnreachableException(request.GetType().Name),
    };

    /// <summary>A broker that runs would only register again, or stop for having been forgotten.</summary>
    private static Decision<OperationError?> Unregister(Metadata.Images.MetadataImage image, ControllerSettings settings, NodeId broker) => image.Brokers.IsActive(broker)
        ? new Decision<OperationError?>([], new OperationError(ErrorCode.InvalidRequest, $"Broker {broker} is active: stop it first."))
        : UnregistrationControl.Unregister(image, broker, settings);

    /// <summary>Partitions have one replica until brokers replicate: a topic that asks for more is refused, the others are created.</summary>
    private Decision<ImmutableArray<TopicOutcome>> Create(Metadata.Images.MetadataImage image, ControllerRequest.CreateTopics request)
    {
        List<NewTopic> possible = [.. request.Topics.Where(topic => ReplicasOf(settings, topic) <= 1)];
        Decision<ImmutableArray<TopicOutcome>> decision = TopicControl.Create(image, settings, possible, request.ValidateOnly, prng);
        var outcomes = new Queue<TopicOutcome>(decision.Response);
        return decision with
        {
            Response = [.. request.Topics.Select(topic => ReplicasOf(settings, topic) <= 1 ? outcomes.Dequeue() : Refusal(topic))],
        };
    }

    private TopicOutcome Refusal(NewTopic topic)
    {
        string message = $"Topic '{topic.Name}' asks for {ReplicasOf(settings, topic)} replicas; brokers do not replicate to each other yet, so there can be 1.";
        return new TopicOutcome(new TopicReference(topic.Name, TopicId.None), new OperationError(ErrorCode.InvalidReplicationFactor, message));
    }

    private static int ReplicasOf(ControllerSettings settings, NewTopic topic) => topic.Assignments.IsEmpty
        ? topic.ReplicationFactor == 0 ? settings.DefaultReplicationFactor : topic.ReplicationFactor
        : topic.Assignments.Values.Max(replicas => replicas.IsDefault ? 0 : replicas.Length);
}
