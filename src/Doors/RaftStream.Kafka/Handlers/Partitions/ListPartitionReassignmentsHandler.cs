using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Images;

namespace RaftStream.Kafka.Handlers.Partitions;

/// <summary>ListPartitionReassignments: what is under way (KIP-455). Partitions that rest, and those that are not there, are left out.</summary>
internal sealed class ListPartitionReassignmentsHandler : ApiHandler<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>
{
    /// <inheritdoc/>
    public override ValueTask AnswerAsync(
        ListPartitionReassignmentsRequest request, ListPartitionReassignmentsResponse response, RequestScope scope)
    {
        response.ErrorMessage = null;
        TopicsImage topics = scope.Api.Image.Topics;
        if (request.Topics.IsNull)
        {
            foreach (TopicImage topic in topics.InOrder())
            {
                Add(response, topic.Name, topic.Partitions);
            }

            return ValueTask.CompletedTask;
        }

        foreach (ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics asked in request.Topics)
        {
            if (topics.Find(asked.Name) is { } topic)
            {
                Add(response, topic.Name, Named(asked, topic));
            }
        }

        return ValueTask.CompletedTask;
    }

    private static List<PartitionState> Named(ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics asked, TopicImage topic)
    {
        List<PartitionState> named = [];
        foreach (int partition in asked.PartitionIndexes)
        {
            if ((uint)partition < (uint)topic.Partitions.Count)
            {
                named.Add(topic.Partitions[partition]);
            }
        }

        return named;
    }

    private static void Add(ListPartitionReassignmentsResponse response, string name, IEnumerable<PartitionState> partitions)
    {
        ListPartitionReassignmentsResponse.OngoingTopicReassignment? row = null;
        foreach (PartitionState partition in partitions)
        {
            if (partition.Adding.IsEmpty && partition.Removing.IsEmpty)
            {
                continue;
            }

            if (row is null)
            {
                row = response.Topics.Add();
                row.Name = name;
            }

            ListPartitionReassignmentsResponse.OngoingPartitionReassignment one = row.Partitions.Add();
            one.PartitionIndex = partition.Partition;
            NodeLists.Write(one.Replicas, partition.Replicas);
            NodeLists.Write(one.AddingReplicas, partition.Adding);
            NodeLists.Write(one.RemovingReplicas, partition.Removing);
        }
    }
}
