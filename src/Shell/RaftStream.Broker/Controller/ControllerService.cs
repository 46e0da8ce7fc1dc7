using Grpc.Core;
using RaftStream.Broker.Controller.Wire;
using RaftStream.Internal.V1;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Runtime;

namespace RaftStream.Broker.Controller;

/// <summary>Takes other nodes' requests to the controller on this one: decode, submit, encode.</summary>
public sealed class ControllerService(QuorumNode quorum, ControllerDesk desk) : Internal.V1.Controller.ControllerBase
{
    private readonly HeartbeatConnections _heartbeats = new(quorum.BrokerDisconnected);

    /// <inheritdoc/>
    public override async Task<ControllerReply> Ask(ControllerQuestion request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (ControllerWire.FromWire(request) is not { } asked)
        {
            return Refused(ErrorCode.InvalidRequest, "The controller does not know this request: is it as new as its caller?");
        }

        // One of an earlier life, or of another cluster's broker: its connection says nothing of the broker that is registered.
        NodeId? beating = asked is ControllerRequest.Beat { Heartbeat: var heartbeat }
            && quorum.Committed.Brokers.Find(heartbeat.Id)?.Epoch == heartbeat.Epoch
            ? heartbeat.Id
            : null;
        if (beating is { } from)
        {
            _heartbeats.Heard(from, context.ConnectionClosed);
        }

        try
        {
            (object? response, OperationError? error) = await quorum.SubmitAsync(desk.Open(asked)).ConfigureAwait(false);
            if (beating is { } broker)
            {
                _heartbeats.Answered(broker, context.ConnectionClosed);
            }

            return error is null
                ? ReplyWire.ToWire(asked, response, quorum.Committed.EndOffset)
                : Refused(error.Code, error.Message);
        }
        catch (QuorumStoppedException exception)
        {
            return Refused(ErrorCode.NotController, exception.Message);
        }
    }

    private static ControllerReply Refused(ErrorCode code, string message) => new() { Error = (int)code, Message = message };
}
