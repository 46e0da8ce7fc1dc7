using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>A broker's registration as a message, and back (C-14.9).</summary>
internal static class RegistrationWire
{
    public static RegisterBrokerRequest ToWire(ControllerRequest.Register register)
    {
        BrokerStart start = register.Start;
        return new RegisterBrokerRequest
        {
            ClusterId = WireValues.ToWire(register.ClusterId),
            BrokerId = start.Id.Value,
            IncarnationId = WireValues.ToWire(start.IncarnationId),
            LogDirId = WireValues.ToWire(start.LogDirectoryId),
            Rack = start.Rack,
            PreviousBrokerEpoch = start.PreviousEpoch.Value,
            Endpoints = { start.Endpoints.Select(e => new Endpoint { Protocol = e.Protocol, Host = e.Host, Port = e.Port }) },
            Features = { start.Features.Select(f => new FeatureRange { Name = f.Name, MinLevel = f.MinLevel, MaxLevel = f.MaxLevel }) },
            Suspects =
            {
                start.SuspectPartitions.Select(s => new SuspectPartition { TopicId = WireValues.ToWire(s.TopicId.Value), Partition = s.Partition }),
            },
            Lost = { start.LostPartitions.Select(l => new Internal.V1.LostPartition { Topic = l.Topic, Partition = l.Partition }) },
        };
    }

    public static ControllerRequest.Register FromWire(RegisterBrokerRequest request) => new(
        WireValues.ToGuid(request.ClusterId),
        new BrokerStart
        {
            Id = new NodeId(request.BrokerId),
            IncarnationId = WireValues.ToGuid(request.IncarnationId),
            LogDirectoryId = WireValues.ToGuid(request.LogDirId),
            Rack = request.Rack,
            PreviousEpoch = new BrokerEpoch(request.PreviousBrokerEpoch),
            Endpoints = [.. request.Endpoints.Select(e => new BrokerEndpoint(e.Protocol, e.Host, e.Port))],
            Features = [.. request.Features.Select(f => new SupportedFeature(f.Name, f.MinLevel, f.MaxLevel))],
            SuspectPartitions =
            [
                .. request.Suspects.Select(s => new TopicPartition(new TopicId(WireValues.ToGuid(s.TopicId)), s.Partition)),
            ],
            LostPartitions = [.. request.Lost.Select(l => new Metadata.Control.LostPartition(l.Topic, l.Partition))],
        });
}
