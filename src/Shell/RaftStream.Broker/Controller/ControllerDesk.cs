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
            Operation.Of("create topics", image => TopicControl.Create(image, settings, create.Topics, create.ValidateOnly, prng)),
        ControllerRequest.DeleteTopics delete => Operation.Of("delete topics", image => TopicControl.Delete(image, delete.Topics, delete.RequestId)),
        ControllerRequest.CreatePartitions create =>
            Operation.Of("create partitions", image => PartitionControl.Create(image, settings, create.Topics, create.ValidateOnly, prng)),
        ControllerRequest.AlterConfigs alter =>
            Operation.Of("alter configs", image => ConfigControl.Alter(image, settings, alter.Alterations, alter.ValidateOnly)),
        ControllerRequest.Unregister unregister =>
            Operation.Of("unregister broker", image => Unregister(image, settings, unregister)),
        ControllerRequest.AlterPartitions alter => IsrControl.Alter(alter.Broker, alter.Epoch, alter.Proposals),
        ControllerRequest.Reassign reassign =>
            Operation.Of("reassign partitions", image => ReassignmentControl.Alter(image, settings, reassign.Reassignments, reassign.AllowFactorChange)),
        ControllerRequest.Elect elect =>
            Operation.Of("elect leaders", image => ElectionControl.Elect(image, settings, elect.Kind, elect.Partitions)),
        ControllerRequest.TakeProducerIds take =>
            Operation.Of("take producer ids", image => ProducerIdControl.Allocate(image, take.Broker, take.Epoch)),
        _ => throw new UnreachableException(request.GetType().Name),
    };

    /// <summary>A broker that runs would only register again, or stop for having been forgotten.</summary>
    private static Decision<OperationError?> Unregister(Metadata.Images.MetadataImage image, ControllerSettings settings, ControllerRequest.Unregister asked) => image.Brokers.IsActive(asked.Broker)
        ? new Decision<OperationError?>([], new OperationError(ErrorCode.InvalidRequest, $"Broker {asked.Broker} is active: stop it first."))
        : UnregistrationControl.Unregister(image, asked.Broker, asked.Force, settings);
}
