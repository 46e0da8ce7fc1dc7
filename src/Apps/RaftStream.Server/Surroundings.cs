using RaftStream.Broker;
using RaftStream.Storage.Files;

namespace RaftStream.Server;

/// <summary>What a server process stands on: the machine's, and worse ones in tests of whole processes.</summary>
internal sealed record Surroundings
{
    /// <summary>The disk, of partitions and metadata alike.</summary>
    public IFileSystem Files { get; init; } = PhysicalFileSystem.Instance;

    /// <summary>Clocks and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Changes what the settings say of the broker: tests take rules out of it that no setting reaches.</summary>
    public Func<BrokerOptions, BrokerOptions> Amend { get; init; } = options => options;
}
