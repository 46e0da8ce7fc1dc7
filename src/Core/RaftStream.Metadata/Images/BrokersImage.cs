using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Where one protocol of a broker is reached.</summary>
/// <param name="Protocol">GRPC, KAFKA or HTTP.</param>
/// <param name="Host">Name or address that clients can use.</param>
/// <param name="Port">TCP port.</param>
public readonly record struct BrokerEndpoint(string Protocol, string Host, int Port);

/// <summary>One registered broker (C-14.9).</summary>
public sealed record BrokerRegistration
{
    /// <summary>Its number.</summary>
    public required NodeId Id { get; init; }

    /// <summary>Offset of the record that registered this incarnation.</summary>
    public required BrokerEpoch Epoch { get; init; }

    /// <summary>Random per process.</summary>
    public required Guid IncarnationId { get; init; }

    /// <summary>The disk: a wiped one has another id.</summary>
    public required Guid LogDirectoryId { get; init; }

    /// <summary>Where it is reached, by protocol.</summary>
    public required ImmutableArray<BrokerEndpoint> Endpoints { get; init; }

    /// <summary>Where it stands; empty is unknown.</summary>
    public string Rack { get; init; } = "";

    /// <summary>Not leading and in no ISR, since it is not known to be well.</summary>
    public required bool Fenced { get; init; }

    /// <summary>About to leave in good order.</summary>
    public bool ShuttingDown { get; init; }

    /// <summary>May lead and be in an ISR .</summary>
    public bool IsActive => !Fenced && !ShuttingDown;
}

/// <summary>All registered brokers, at one offset of the metadata log. Immutable.</summary>
/// <param name="ById">By number, in order.</param>
public sealed record BrokersImage(ImmutableSortedDictionary<NodeId, BrokerRegistration> ById)
{
    /// <summary>No brokers.</summary>
    public static readonly BrokersImage Empty = new(ImmutableSortedDictionary<NodeId, BrokerRegistration>.Empty);

    /// <summary>The broker of this number, or null.</summary>
    public BrokerRegistration? Find(NodeId id) => ById.GetValueOrDefault(id);

    /// <summary>Registered, unfenced and not shutting down .</summary>
    public bool IsActive(NodeId id) => Find(id) is { IsActive: true };
}
