using RaftStream.Client.V1;

namespace RaftStream.Client.Routing;

/// <summary>The wire's messages as the values that <see cref="ClusterAdmin"/> gives.</summary>
internal static class ClusterMapping
{
    public static ClusterSummary ToSummary(DescribeClusterResponse response) => new(
        response.ClusterId,
        response.NodeId,
        response.LeaderId,
        response.LeaderEpoch,
        response.MetadataOffset,
        [.. response.Voters.Select(voter => new VoterDescription(ToKey(voter.NodeId, voter.DirectoryId), voter.Endpoint)).OrderBy(voter => voter.Key.NodeId)],
        response.Brokers,
        response.ActiveBrokers,
        response.Topics,
        response.Partitions);

    public static QuorumDescription ToQuorum(DescribeQuorumResponse response) => new(
        response.LeaderId,
        response.LeaderEpoch,
        response.HasHighWatermark ? response.HighWatermark : null,
        [.. response.Replicas.Select(ToReplica).OrderByDescending(replica => replica.IsVoter).ThenBy(replica => replica.Key.NodeId)]);

    public static ListedBrokerDescription ToBroker(ListedBroker broker) => new(
        broker.NodeId,
        broker.Endpoint,
        broker.Rack,
        broker.State switch
        {
            BrokerState.BrokerActive => BrokerStatus.Active,
            BrokerState.BrokerFenced => BrokerStatus.Fenced,
            BrokerState.BrokerShuttingDown => BrokerStatus.ShuttingDown,
            _ => BrokerStatus.Unknown,
        },
        broker.BrokerEpoch,
        broker.Replicas,
        broker.Leaders);

    private static QuorumReplicaDescription ToReplica(QuorumReplica replica) => new(
        ToKey(replica.NodeId, replica.DirectoryId),
        replica.Voter,
        replica.Endpoint,
        replica.HasLogEndOffset ? replica.LogEndOffset : null,
        replica.HasDurableEnd ? replica.DurableEnd : null,
        replica.HasLastFetchAgeMs ? TimeSpan.FromMilliseconds(replica.LastFetchAgeMs) : null);

    private static VoterKey ToKey(int nodeId, string directoryId) =>
        new(nodeId, Guid.TryParse(directoryId, out Guid directory) ? directory : Guid.Empty);
}
