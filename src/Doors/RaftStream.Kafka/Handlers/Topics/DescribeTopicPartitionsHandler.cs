using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Topics;

/// <summary>DescribeTopicPartitions: topics in order of names, a page at a time (KIP-966).</summary>
internal sealed class DescribeTopicPartitionsHandler : ApiHandler<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>
{
    /// <summary>Partitions of one answer at most (<c>max.request.partition.size.limit</c>).</summary>
    private const int MostPartitions = 2000;

    /// <inheritdoc/>
    public override long EstimateAnswer(DescribeTopicPartitionsRequest request, RequestScope scope)
    {
        TopicsImage topics = scope.Api.Image.Topics;
        int room = Math.Min(Math.Clamp(request.ResponsePartitionLimit, 1, MostPartitions), topics.PartitionCount);
        return AnswerEstimates.OfTopics(request.Topics.Count == 0 ? Math.Min(topics.ById.Count, room) : request.Topics.Count, room);
    }

    /// <inheritdoc/>
    public override ValueTask AnswerAsync(DescribeTopicPartitionsRequest request, DescribeTopicPartitionsResponse response, RequestScope scope)
    {
        MetadataImage image = scope.Api.Image;
        DescribeTopicPartitionsRequest.CursorPosition? cursor = request.Cursor;
        int room = Math.Clamp(request.ResponsePartitionLimit, 1, MostPartitions);
        foreach (string name in Names(request, image))
        {
            if (cursor is not null && string.CompareOrdinal(name, cursor.TopicName) < 0)
            {
                continue;
            }

            int first = cursor is not null && name == cursor.TopicName ? Math.Max(0, cursor.PartitionIndex) : 0;
            (TopicImage? topic, OperationError? error) = TopicNames.Find(image.Topics, name);
            if (room == 0)
            {
                response.NextCursor = new DescribeTopicPartitionsResponse.CursorPosition { TopicName = name, PartitionIndex = first };
                break;
            }

            DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic row = response.Topics.Add();
            row.Name = name;
            row.ErrorCode = (short)(error?.Code ?? ErrorCode.None);
            row.IsInternal = TopicNames.IsInternal(name);
            row.TopicAuthorizedOperations = topic is null ? AuthorizedOperations.NotAsked : AuthorizedOperations.OnTopic;
            if (topic is null)
            {
                continue;
            }

            row.TopicId = topic.Id.Value;
            int next = first;
            for (; next < topic.Partitions.Count && room > 0; next++, room--)
            {
                Fill(row.Partitions.Add(), topic.Partitions[next], image, scope.Listener);
            }

            if (next < topic.Partitions.Count)
            {
                response.NextCursor = new DescribeTopicPartitionsResponse.CursorPosition { TopicName = name, PartitionIndex = next };
                break;
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>In ordinal order, each once; no names are all topics.</summary>
    private static IEnumerable<string> Names(DescribeTopicPartitionsRequest request, MetadataImage image)
    {
        if (request.Topics.Count == 0)
        {
            return image.Topics.ByName.Keys;
        }

        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (DescribeTopicPartitionsRequest.TopicRequest topic in request.Topics)
        {
            names.Add(topic.Name);
        }

        return names;
    }

    private static void Fill(
        DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition row, PartitionState state, MetadataImage image, string listener)
    {
        (NodeId leader, ErrorCode error) = LeaderLook.Of(state, image, listener);
        row.ErrorCode = (short)error;
        row.PartitionIndex = state.Partition;
        row.LeaderId = leader.Value;
        row.LeaderEpoch = state.LeaderEpoch.Value;
        NodeLists.Write(row.ReplicaNodes, state.Replicas);
        NodeLists.Write(row.IsrNodes, state.Isr);
        row.EligibleLeaderReplicas.Clear(); // known, and maybe nobody: not null
        NodeLists.Write(row.EligibleLeaderReplicas, state.Elr);
        row.LastKnownElr.Clear();
        if (state.LastKnownLeader != NodeId.None)
        {
            row.LastKnownElr.Add(state.LastKnownLeader.Value);
        }

        LeaderLook.WriteOffline(row.OfflineReplicas, state, image);
    }
}
