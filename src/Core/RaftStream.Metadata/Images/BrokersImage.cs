using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Where one protocol of a broker is reached.</summary>
/// <param name="Protocol">GRPC, KAFKA or HTTP.</param>
/// <param name="Host">Name or address that clients can use.</param>
/// <param name="Port">TCP port.</param>
public readonly record struct BrokerEndpoint(string Protocol, string Host, int Port);

/// <summary>Levels of one feature that a broker can work with, both ends included.</summary>
/// <param name="Name">The feature.</param>
/// <param name="MinLevel">Lowest.</param>
/// <param name="MaxLevel">Highest.</param>
public readonly record struct SupportedFeature(string Name, int MinLevel, int MaxLevel);

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

    /// <summary>What it can do; empty when it did not say.</summary>
    public ImmutableArray<SupportedFeature> Features { get; init; } = [];

    /// <summary>Not leading and in no ISR, since it is not known to be well.</summary>
    public required bool Fenced { get; init; }

    /// <summary>About to leave in good order.</summary>
    public bool ShuttingDown { get; init; }

    /// <summary>
    /// Once all active brokers have applied everything below it, nobody asks the leaving broker any more; null unless it
    /// is <see cref="ShuttingDown"/>. Follows from the log, so that no heartbeat can move it (C-14.10, P34).
    /// </summary>
    public long? ControlledShutdownOffset { get; init; }

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
