using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>What a node asks of the active controller, wherever that runs. Safe to repeat (C-14.4).</summary>
public abstract record ControllerRequest
{
    private ControllerRequest()
    {
    }

    /// <summary>C-14.9; answered with a <see cref="RegistrationAnswer"/>.</summary>
    public sealed record Register(Guid ClusterId, BrokerStart Start) : ControllerRequest;

    /// <summary>C-14.10; answered with a <see cref="HeartbeatAnswer"/>.</summary>
    public sealed record Beat(Heartbeat Heartbeat) : ControllerRequest;

    /// <summary>Answered with an array of <see cref="TopicOutcome"/>.</summary>
    public sealed record CreateTopics(IReadOnlyList<NewTopic> Topics, bool ValidateOnly) : ControllerRequest;

    /// <summary>Answered with an array of <see cref="TopicOutcome"/>; a repetition is known by the id.</summary>
    public sealed record DeleteTopics(IReadOnlyList<TopicReference> Topics, Guid RequestId) : ControllerRequest;

    /// <summary>Answered with an array of <see cref="TopicOutcome"/>.</summary>
    public sealed record CreatePartitions(IReadOnlyList<NewPartitions> Topics, bool ValidateOnly) : ControllerRequest;

    /// <summary>Answered with an array of <see cref="ConfigOutcome"/>.</summary>
    public sealed record AlterConfigs(IReadOnlyList<ConfigAlteration> Alterations, bool ValidateOnly) : ControllerRequest;

    /// <summary>Answered with an <see cref="OperationError"/>, or null; with <paramref name="Force"/> also while it is a replica of partitions.</summary>
    public sealed record Unregister(NodeId Broker, bool Force = false) : ControllerRequest;

    /// <summary>What a leader asks about the ISRs of its partitions; answered with a list of <see cref="IsrOutcome"/>.</summary>
    public sealed record AlterPartitions(NodeId Broker, BrokerEpoch Epoch, IReadOnlyList<IsrProposal> Proposals) : ControllerRequest;

    /// <summary>Answered with an array of <see cref="PartitionOutcome"/>.</summary>
    public sealed record Reassign(IReadOnlyList<Reassignment> Reassignments, bool AllowFactorChange) : ControllerRequest;

    /// <summary>Null is all partitions; answered with an array of <see cref="PartitionOutcome"/>.</summary>
    public sealed record Elect(ElectionKind Kind, IReadOnlyList<PartitionReference>? Partitions) : ControllerRequest;

    /// <summary>C-14.11; answered with a <see cref="ProducerIdBlock"/>.</summary>
    public sealed record TakeProducerIds(NodeId Broker, BrokerEpoch Epoch) : ControllerRequest;
}
