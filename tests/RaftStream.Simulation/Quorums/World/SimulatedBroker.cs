using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Quorums.Invariants;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>The broker on an observer: registers each incarnation, sends heartbeats to whom it takes for the controller, and checks its epochs (S-C15).</summary>
public sealed class SimulatedBroker(QuorumWorld world, SimulatedNode node, Prng prng)
{
    private const int HeartbeatMs = 250;

    private int _incarnation;
    private Guid _incarnationId;
    private BrokerEpoch _epoch = BrokerEpoch.None;
    private long _lastEpoch = -1;

    /// <summary>Node id.</summary>
    public int Id => node.Id;

    /// <summary>Says something now, and then every 250 ms.</summary>
    public void Begin() => world.Agenda.In(prng.Next(HeartbeatMs), Beat);

    private void Beat()
    {
        if (node is { IsUp: true, IsPaused: false })
        {
            if (_incarnation != node.Incarnation)
            {
                _incarnation = node.Incarnation;
                _incarnationId = prng.NextGuid();
                _epoch = BrokerEpoch.None;
            }

            SimulatedNode? controller = world.Nodes.FirstOrDefault(other => other.Id == node.KnownLeader);
            if (controller is { IsUp: true })
            {
                Ask(controller);
            }
        }

        world.Agenda.In(HeartbeatMs, Beat);
    }

    private void Ask(SimulatedNode controller)
    {
        Guid incarnation = _incarnationId;
        if (_epoch == BrokerEpoch.None)
        {
            var start = new BrokerStart
            {
                Id = new NodeId(node.Id),
                IncarnationId = incarnation,
                LogDirectoryId = node.DirectoryId,
                Endpoints = [new BrokerEndpoint("GRPC", node.Place.Host, node.Place.Port)],
                PreviousEpoch = BrokerEpoch.None,
                Features = FeatureControl.Supported,
            };
            ControllerOperation register = RegistrationControl.Register(world.Options.Controller, QuorumWorld.ClusterId, start);
            controller.Submit(register, (response, _) => Registered(incarnation, response as RegistrationAnswer));
        }
        else
        {
            long applied = node.Replica!.Controller.Committed.EndOffset;
            controller.Submit(HeartbeatControl.Take(new Heartbeat(new NodeId(node.Id), _epoch, applied)), (response, _) =>
            {
                if (response is HeartbeatAnswer { Error: not null } && incarnation == _incarnationId)
                {
                    _epoch = BrokerEpoch.None; // not known there: register again
                }
                else if (response is HeartbeatAnswer { IsFenced: true })
                {
                    world.Marks.Reach("broker fenced");
                }
            });
        }
    }

    private void Registered(Guid incarnation, RegistrationAnswer? answer)
    {
        if (answer is { Error: null } && incarnation == _incarnationId)
        {
            bool isKnown = _lastEpoch == answer.Epoch.Value;
            if (!isKnown && answer.Epoch.Value <= _lastEpoch)
            {
                throw new RuleBrokenException($"S-C15: broker {node.Id} had epoch {_lastEpoch} and gets {answer.Epoch.Value}");
            }

            _lastEpoch = answer.Epoch.Value;
            _epoch = answer.Epoch;
        }
    }
}
