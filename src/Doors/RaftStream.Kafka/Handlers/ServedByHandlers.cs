using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers.Cluster;
using RaftStream.Kafka.Handlers.Partitions;
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
            .Add(ApiKey.FindCoordinator, new FindCoordinatorHandler())
            .Add(ApiKey.DescribeCluster, new DescribeClusterHandler())
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
