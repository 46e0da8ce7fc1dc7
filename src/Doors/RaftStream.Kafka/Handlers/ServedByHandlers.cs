using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Fetching;
using RaftStream.Kafka.Handlers.Cluster;
using RaftStream.Kafka.Handlers.Configs;
using RaftStream.Kafka.Handlers.Partitions;
using RaftStream.Kafka.Handlers.Topics;
using RaftStream.Kafka.Producing;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Handlers;

/// <summary>The list of what is served. An API stands here when all of its versions are served in full, and only then.</summary>
internal static class ServedByHandlers
{
    /// <summary>Makes the list.</summary>
    /// <param name="cluster">The quorum; null leaves out what asks it.</param>
    public static ServedApis Create(KafkaClusterAccess? cluster = null)
    {
        var apis = new ServedApis();
        apis
            .Add(ApiKey.ApiVersions, new ApiVersionsHandler(apis))
            .Add(ApiKey.Metadata, new MetadataHandler())
            .Add(ApiKey.Produce, api => new ProduceExchange { Api = api }, minVersion: 0) // 0 to 2 are listed and refused (KAFKA-18659)
            .Add(ApiKey.Fetch, api => new FetchExchange { Api = api })
            .Add(ApiKey.ListOffsets, new ListOffsetsHandler(new SemaphoreSlim(Math.Max(1, Environment.ProcessorCount / 2))))
            .Add(ApiKey.OffsetForLeaderEpoch, new OffsetForLeaderEpochHandler())
            .Add(ApiKey.InitProducerId, new InitProducerIdHandler())
            .Add(ApiKey.CreateTopics, new CreateTopicsHandler())
            .Add(ApiKey.DeleteTopics, new DeleteTopicsHandler())
            .Add(ApiKey.CreatePartitions, new CreatePartitionsHandler())
            .Add(ApiKey.DeleteRecords, new DeleteRecordsHandler())
            .Add(ApiKey.DescribeConfigs, new DescribeConfigsHandler())
            .Add(ApiKey.AlterConfigs, new AlterConfigsHandler())
            .Add(ApiKey.IncrementalAlterConfigs, new IncrementalAlterConfigsHandler())
            .Add(ApiKey.DescribeLogDirs, new DescribeLogDirsHandler())
            .Add(ApiKey.UpdateFeatures, new UpdateFeaturesHandler())
            .Add(ApiKey.DescribeTopicPartitions, new DescribeTopicPartitionsHandler())
            .Add(ApiKey.FindCoordinator, new FindCoordinatorHandler())
            .Add(ApiKey.DescribeCluster, new DescribeClusterHandler())
            .Add(ApiKey.DescribeProducers, new DescribeProducersHandler())
            .Add(ApiKey.ElectLeaders, new ElectLeadersHandler())
            .Add(ApiKey.AlterPartitionReassignments, new AlterPartitionReassignmentsHandler())
            .Add(ApiKey.ListPartitionReassignments, new ListPartitionReassignmentsHandler());
        if (cluster is not null)
        {
            apis
                .Add(ApiKey.DescribeQuorum, new DescribeQuorumHandler(cluster))
                .Add(ApiKey.UnregisterBroker, new UnregisterBrokerHandler(cluster));
        }

        return apis;
    }
}
