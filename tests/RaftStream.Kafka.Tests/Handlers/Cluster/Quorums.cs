using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Kafka.Tests.Handlers.Cluster;

/// <summary>Quorums that handlers are told of.</summary>
internal static class Quorums
{
    /// <summary>Node 1 leads, 2 follows closely, 3 has never fetched; broker 11 observes.</summary>
    public static KafkaClusterAccess OfThree(Func<NodeId, OperationError?>? unregister = null)
    {
        Voter[] voters = [.. Enumerable.Range(1, 3).Select(id => new Voter(Key(id), new RaftEndpoint($"controller-{id}", 9000 + id)))];
        var quorum = new RaftResponse.DescribeQuorum
        {
            LeaderId = new NodeId(1),
            LeaderEpoch = new LeaderEpoch(5),
            HighWatermark = new Offset(90),
            Voters = new VoterSet([.. voters]),
            Replicas =
            [
                new ReplicaProgress(Key(1), true, new Offset(100), new Offset(100), 0),
                new ReplicaProgress(Key(2), true, new Offset(100), new Offset(90), 40),
                new ReplicaProgress(Key(3), true, null, null, null),
                new ReplicaProgress(Key(11), false, new Offset(80), null, 700),
            ],
        };
        return new KafkaClusterAccess
        {
            DescribeQuorumAsync = _ => Task.FromResult<(RaftResponse.DescribeQuorum?, ErrorCode)>((quorum, ErrorCode.None)),
            UnregisterAsync = (id, _) => Task.FromResult(unregister?.Invoke(id)),
        };
    }

    /// <summary>Nobody leads.</summary>
    public static KafkaClusterAccess Leaderless() => new()
    {
        DescribeQuorumAsync = _ => Task.FromResult<(RaftResponse.DescribeQuorum?, ErrorCode)>((null, ErrorCode.BrokerNotAvailable)),
        UnregisterAsync = (_, _) => Task.FromResult<OperationError?>(new OperationError(ErrorCode.BrokerNotAvailable, "Nobody leads.")),
    };

    public static Guid DirectoryOf(int id) => new(id, 1, 2, [1, 2, 3, 4, 5, 6, 7, 8]);

    private static ReplicaKey Key(int id) => new(new NodeId(id), DirectoryOf(id));
}
