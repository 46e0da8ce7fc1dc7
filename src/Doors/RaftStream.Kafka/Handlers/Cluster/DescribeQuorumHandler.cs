using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Kafka.Handlers.Cluster;

/// <summary>DescribeQuorum: leader, voters and observers of the metadata log, which has one partition (KIP-595).</summary>
internal sealed class DescribeQuorumHandler(KafkaClusterAccess cluster) : ApiHandler<DescribeQuorumRequest, DescribeQuorumResponse>
{
    private const long Unknown = -1;
    private const string OneLog = $"The quorum has one log: partition 0 of {TopicControl.MetadataTopic}.";

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(DescribeQuorumRequest request, DescribeQuorumResponse response, RequestScope scope)
    {
        (RaftResponse.DescribeQuorum? quorum, ErrorCode error) = await cluster.DescribeQuorumAsync(scope.Aborted).ConfigureAwait(false);
        response.ErrorCode = (short)error;
        response.ErrorMessage = quorum is null
            ? "The leader of the metadata quorum cannot be asked now: a majority of the controllers must run and reach each other."
            : null;

        bool isTold = false;
        foreach (DescribeQuorumRequest.TopicData topic in request.Topics)
        {
            DescribeQuorumResponse.TopicData row = response.Topics.Add();
            row.TopicName = topic.TopicName;
            foreach (DescribeQuorumRequest.PartitionData partition in topic.Partitions)
            {
                bool isQuorum = topic.TopicName == TopicControl.MetadataTopic && partition.PartitionIndex == 0;
                if (isQuorum && isTold)
                {
                    continue; // named again: a few bytes, and what there is to say of it are many
                }

                isTold |= isQuorum;
                DescribeQuorumResponse.PartitionData answer = row.Partitions.Add();
                answer.PartitionIndex = partition.PartitionIndex;
                answer.LeaderId = NodeId.None.Value;
                answer.LeaderEpoch = LeaderEpoch.Unknown.Value;
                answer.HighWatermark = Unknown;
                answer.ErrorMessage = null;
                if (!isQuorum)
                {
                    answer.ErrorCode = (short)ErrorCode.UnknownTopicOrPartition;
                    answer.ErrorMessage = OneLog;
                }
                else if (quorum is null)
                {
                    answer.ErrorCode = (short)error;
                }
                else
                {
                    Fill(answer, quorum, scope.Api.WallMs);
                }
            }
        }

        if (quorum is not null)
        {
            AddNodes(response, quorum);
        }
    }

    private static void Fill(DescribeQuorumResponse.PartitionData row, RaftResponse.DescribeQuorum quorum, long wallMs)
    {
        row.LeaderId = quorum.LeaderId.Value;
        row.LeaderEpoch = quorum.LeaderEpoch.Value;
        row.HighWatermark = quorum.HighWatermark?.Value ?? Unknown;
        Offset? leaderEnd = quorum.Replicas.FirstOrDefault(replica => replica.Key.Id == quorum.LeaderId)?.LogEnd;
        foreach (ReplicaProgress replica in quorum.Replicas)
        {
            Fill((replica.IsVoter ? row.CurrentVoters : row.Observers).Add(), replica, leaderEnd, wallMs);
        }
    }

    private static void Fill(DescribeQuorumResponse.ReplicaState row, ReplicaProgress replica, Offset? leaderEnd, long wallMs)
    {
        row.ReplicaId = replica.Key.Id.Value;
        row.ReplicaDirectoryId = replica.Key.DirectoryId;
        row.LogEndOffset = replica.LogEnd?.Value ?? Unknown;
        row.LastFetchTimestamp = replica.LastFetchAgeMs is { } age ? wallMs - age : Unknown;

        // The leader knows what each has, not since when: who has everything now had it at its last fetch.
        row.LastCaughtUpTimestamp = replica.LogEnd is { } end && end >= leaderEnd ? row.LastFetchTimestamp : Unknown;
    }

    private static void AddNodes(DescribeQuorumResponse response, RaftResponse.DescribeQuorum quorum)
    {
        foreach (Voter voter in quorum.Voters.Voters)
        {
            DescribeQuorumResponse.Node node = response.Nodes.Add();
            node.NodeId = voter.Key.Id.Value;
            DescribeQuorumResponse.Listener listener = node.Listeners.Add();
            listener.Name = "CONTROLLER";
            listener.Host = voter.Endpoint.Host;
            listener.Port = (ushort)voter.Endpoint.Port;
        }
    }
}
