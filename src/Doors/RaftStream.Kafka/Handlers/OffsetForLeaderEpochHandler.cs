using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>OffsetForLeaderEpoch: where a reign ends, for consumers that look for a divergence (KIP-320, R-7.8).</summary>
internal sealed class OffsetForLeaderEpochHandler : ApiHandler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>
{
    /// <inheritdoc/>
    public override ValueTask AnswerAsync(OffsetForLeaderEpochRequest request, OffsetForLeaderEpochResponse response, RequestScope scope)
    {
        Span<byte> buffer = stackalloc byte[TopicKey.MaxNameBytes];
        foreach (OffsetForLeaderEpochRequest.OffsetForLeaderTopic topic in request.Topics)
        {
            OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult answer = response.Topics.Add();
            answer.Topic = topic.Topic;
            TopicKey key = TopicKey.ByName(topic.Topic, buffer);
            foreach (OffsetForLeaderEpochRequest.OffsetForLeaderPartition asked in topic.Partitions)
            {
                FoundEpochEnd found = request.ReplicaId >= 0
                    ? Failed(ErrorCode.ClusterAuthorizationFailed) // brokers follow each other by a protocol of their own
                    : Find(key, asked, scope);
                OffsetForLeaderEpochResponse.EpochEndOffset row = answer.Partitions.Add();
                row.Partition = asked.Partition;
                row.ErrorCode = (short)PartitionErrors.ToClient(found.Error);
                row.LeaderEpoch = found.Epoch.Value;
                row.EndOffset = found.EndOffset.Value;
            }
        }

        return ValueTask.CompletedTask;
    }

    private static FoundEpochEnd Find(TopicKey key, OffsetForLeaderEpochRequest.OffsetForLeaderPartition asked, RequestScope scope)
    {
        ErrorCode error = key.Find(scope.Api, byId: false, asked.Partition, out BrokerPartition partition, out _);
        return error == ErrorCode.None
            ? scope.Api.FindEpochEnd(partition, new LeaderEpoch(asked.LeaderEpoch), new LeaderEpoch(asked.CurrentLeaderEpoch))
            : Failed(error);
    }

    private static FoundEpochEnd Failed(ErrorCode error) => new(error, LeaderEpoch.Unknown, new Offset(-1));
}
