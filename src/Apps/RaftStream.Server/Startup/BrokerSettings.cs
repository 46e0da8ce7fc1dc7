using RaftStream.Broker;
using RaftStream.Model;

namespace RaftStream.Server.Startup;

/// <summary>The settings of the process in the broker's own words.</summary>
internal static class BrokerSettings
{
    public static BrokerOptions ToOptions(ServerSettings settings) => new()
    {
        // Absolute: whoever changes the working directory must not move the data.
        DataDirectory = Path.GetFullPath(settings.DataDirectory),
        NodeId = new NodeId(settings.NodeId),
        ClusterId = settings.ClusterId,
        Rack = settings.Rack,
        ReplicaSelector = settings.ReplicaSelector,
        DefaultPartitions = settings.DefaultPartitions,
        DefaultReplicationFactor = settings.DefaultReplicationFactor,
        AutoCreateTopics = settings.AutoCreateTopics,
        TopicDefaults = settings.TopicDefaults,
        MinFreeBytes = settings.MinFreeBytes,
        ProducerExpirationMs = settings.ProducerExpirationMs,
        ProducerExpirationCheckMs = settings.ProducerExpirationCheckMs,
        RetentionCheckMs = settings.RetentionCheckMs,
        CheckpointMs = settings.CheckpointMs,
        ReplicaFetchers = settings.ReplicaFetchers,
        ReplicaLagMaxMs = settings.ReplicaLagMaxMs,
        ReplicaFetchMaxBytes = settings.ReplicaFetchMaxBytes,
        FlushThreads = settings.FlushThreads,
        Settings = settings.Told,
        Limits = new BrokerLimits { MaxFetchBytes = settings.MaxFetchBytes, MaxRequestBytes = settings.MaxRequestBytes },
    };
}
