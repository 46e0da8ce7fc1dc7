using System.Collections.Immutable;
using System.Diagnostics;
using RaftStream.Internal.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>The controller's answers as messages, and back.</summary>
internal static class ReplyWire
{
    /// <summary>An answer.</summary>
    /// <param name="response">As <see cref="ControllerRequest"/> says of each request.</param>
    public static ControllerReply ToWire(ControllerRequest request, object? response, long metadataEnd)
    {
        var reply = new ControllerReply { MetadataEnd = metadataEnd };
        switch (request, response)
        {
            case (ControllerRequest.Register, RegistrationAnswer answer):
                reply.Registered = new RegisteredBroker { BrokerEpoch = answer.Epoch.Value, Error = WireValues.ToWire(answer.Error) };
                break;
            case (ControllerRequest.Beat, HeartbeatAnswer answer):
                reply.Heartbeat = new HeartbeatReply
                {
                    CaughtUp = answer.IsCaughtUp,
                    Fenced = answer.IsFenced,
                    ShouldShutdown = answer.ShouldShutdown,
                    Error = WireValues.ToWire(answer.Error),
                };
                break;
            case (_, ImmutableArray<TopicOutcome> outcomes):
                reply.Topics = new TopicOutcomes { Topics = { outcomes.Select(ToWire) } };
                break;
            case (_, ImmutableArray<ConfigOutcome> outcomes):
                reply.Configs = new ConfigOutcomes
                {
                    Owners = { outcomes.Select(o => new ConfigsAnswer { Owner = WireValues.ToWire(o.Owner), Error = WireValues.ToWire(o.Error) }) },
                };
                break;
            case (_, IReadOnlyList<IsrOutcome> outcomes):
                reply.AlteredPartitions = IsrWire.ToWire(outcomes);
                break;
            case (_, ImmutableArray<PartitionOutcome> outcomes):
                reply.Partitions = PartitionWire.ToWire(outcomes);
                break;
            case (ControllerRequest.TakeProducerIds, ProducerIdBlock block):
                reply.ProducerIds = new TakenProducerIds { First = block.First, Error = WireValues.ToWire(block.Error) };
                break;
            case (ControllerRequest.Unregister, _):
                reply.Forgotten = WireValues.ToWire((OperationError?)response);
                break;
            default:
                throw new UnreachableException($"{request.GetType().Name} answered with {response?.GetType().Name ?? "nothing"}");
        }

        return reply;
    }

    /// <summary>The response that the answer was made of.</summary>
    public static object? FromWire(ControllerReply reply) => reply.KindCase switch
    {
        ControllerReply.KindOneofCase.Registered =>
            new RegistrationAnswer(new BrokerEpoch(reply.Registered.BrokerEpoch), WireValues.ToError(reply.Registered.Error)),
        ControllerReply.KindOneofCase.Heartbeat => new HeartbeatAnswer(
            reply.Heartbeat.CaughtUp, reply.Heartbeat.Fenced, reply.Heartbeat.ShouldShutdown, WireValues.ToError(reply.Heartbeat.Error)),
        ControllerReply.KindOneofCase.Topics => reply.Topics.Topics.Select(FromWire).ToImmutableArray(),
        ControllerReply.KindOneofCase.Configs =>
            reply.Configs.Owners.Select(o => new ConfigOutcome(WireValues.ToOwner(o.Owner), WireValues.ToError(o.Error))).ToImmutableArray(),
        ControllerReply.KindOneofCase.AlteredPartitions => IsrWire.FromWire(reply.AlteredPartitions),
        ControllerReply.KindOneofCase.Partitions => PartitionWire.FromWire(reply.Partitions),
        ControllerReply.KindOneofCase.ProducerIds =>
            new ProducerIdBlock(reply.ProducerIds.First, WireValues.ToError(reply.ProducerIds.Error)),
        _ => WireValues.ToError(reply.Forgotten),
    };

    private static TopicAnswer ToWire(TopicOutcome outcome) => new()
    {
        Topic = WireValues.ToWire(outcome.Topic),
        Error = WireValues.ToWire(outcome.Error),
        Partitions = outcome.Partitions,
        ReplicationFactor = outcome.ReplicationFactor,
    };

    private static TopicOutcome FromWire(TopicAnswer answer) => new(
        WireValues.ToTopic(answer.Topic), WireValues.ToError(answer.Error), answer.Partitions, answer.ReplicationFactor);
}
