using RaftStream.Client.V1;

namespace RaftStream.Client.Routing;

/// <summary>The wire's messages as the values that <see cref="Client.Admin"/> gives, and back.</summary>
internal static class AdminMapping
{
    public static TopicRef ToRef(string name) => new() { Name = name };

    public static ConfigChange ToChange(KeyValuePair<string, string?> change)
    {
        var wire = new ConfigChange { Key = change.Key };
        if (change.Value is not null)
        {
            wire.Value = change.Value;
        }

        return wire;
    }

    public static TopicOutcome ToOutcome(TopicResult result) => new(
        result.Topic.Name,
        TopicIds.FromWire(result.Topic.Id).Value,
        result.Partitions,
        result.ReplicationFactor,
        RpcErrors.ToException(result.Error));

    public static ClusterDescription ToCluster(GetMetadataResponse response) => new(
        response.ClusterId,
        response.ControllerId,
        [.. response.Brokers.OrderBy(broker => broker.NodeId)
            .Select(broker => new BrokerDescription(broker.NodeId, broker.Endpoint, broker.Rack, broker.Fenced))]);

    public static TopicDescription ToTopic(Topic topic) => new(
        topic.Topic_.Name,
        TopicIds.FromWire(topic.Topic_.Id).Value,
        topic.Internal,
        [.. topic.Partitions.OrderBy(partition => partition.Partition_).Select(partition => new PartitionDescription(
            partition.Partition_, partition.Leader, partition.LeaderEpoch, [.. partition.Replicas], [.. partition.Isr])
        {
            Elr = [.. partition.Elr],
            Adding = [.. partition.Adding],
            Removing = [.. partition.Removing],
        })]);

    public static ConfigDescription ToConfig(ConfigEntry entry) =>
        new(entry.Key, entry.Value, ToOrigin(entry.Source), entry.ReadOnly, entry.Type, entry.Documentation);

    public static LogDescription ToLog(DescribedLog log) => new(
        new NamedPartition(log.Topic.Name, log.Partition),
        log.SizeBytes,
        log.LogStartOffset,
        log.LogEndOffset,
        log.HighWatermark,
        log.DurableEnd,
        log.Segments);

    private static ConfigOrigin ToOrigin(ConfigSource source) => source switch
    {
        ConfigSource.SourceDefault => ConfigOrigin.Default,
        ConfigSource.SourceStatic => ConfigOrigin.Static,
        ConfigSource.SourceCluster => ConfigOrigin.Cluster,
        ConfigSource.SourceBroker => ConfigOrigin.Broker,
        ConfigSource.SourceTopic => ConfigOrigin.Topic,
        _ => ConfigOrigin.Unknown,
    };
}
