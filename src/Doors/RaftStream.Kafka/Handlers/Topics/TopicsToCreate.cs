using System.Collections.Immutable;
using RaftStream.Kafka.Handlers.Configs;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Topics;

/// <summary>Topics of a CreateTopics request in the broker's words.</summary>
internal static class TopicsToCreate
{
    private const int Unset = -1;

    /// <summary>The topic, or what the broker has no word for.</summary>
    public static (NewTopic? Topic, OperationError? Error) Read(CreateTopicsRequest.CreatableTopic topic)
    {
        (ImmutableSortedDictionary<int, ImmutableArray<NodeId>> assignments, OperationError? error) = ReadAssignments(topic);
        (ImmutableSortedDictionary<string, string> configs, OperationError? configError) = ReadConfigs(topic);
        error ??= ShapeError(topic) ?? configError;
        return error is not null
            ? (null, error)
            : (new NewTopic
            {
                Name = topic.Name,
                Partitions = topic.NumPartitions == Unset ? 0 : topic.NumPartitions,
                ReplicationFactor = topic.ReplicationFactor == Unset ? 0 : topic.ReplicationFactor,
                Assignments = assignments,
                Configs = configs,
            }, null);
    }

    /// <summary>The broker's word for the default is 0, Kafka's is -1.</summary>
    private static OperationError? ShapeError(CreateTopicsRequest.CreatableTopic topic)
    {
        if (topic.Assignments.Count > 0)
        {
            return topic.NumPartitions != Unset || topic.ReplicationFactor != Unset
                ? new OperationError(ErrorCode.InvalidRequest, "Give either assignments or the two numbers, not both: with assignments they are -1.")
                : null;
        }

        return topic.NumPartitions == 0
            ? new OperationError(ErrorCode.InvalidPartitions, "The number of partitions must be above 0, or -1 for the default.")
            : topic.ReplicationFactor == 0
                ? new OperationError(ErrorCode.InvalidReplicationFactor, "The replication factor must be above 0, or -1 for the default.")
                : null;
    }

    private static (ImmutableSortedDictionary<int, ImmutableArray<NodeId>> Assignments, OperationError? Error) ReadAssignments(
        CreateTopicsRequest.CreatableTopic topic)
    {
        ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Builder assignments = ImmutableSortedDictionary.CreateBuilder<int, ImmutableArray<NodeId>>();
        OperationError? error = null;
        foreach (CreateTopicsRequest.CreatableReplicaAssignment assignment in topic.Assignments)
        {
            if (!assignments.TryAdd(assignment.PartitionIndex, NodeLists.Read(assignment.BrokerIds)))
            {
                error = new OperationError(ErrorCode.InvalidReplicaAssignment, $"Partition {assignment.PartitionIndex} is assigned twice.");
            }
        }

        return (assignments.ToImmutable(), error);
    }

    private static (ImmutableSortedDictionary<string, string> Configs, OperationError? Error) ReadConfigs(CreateTopicsRequest.CreatableTopic topic)
    {
        ImmutableSortedDictionary<string, string>.Builder configs = ConfigsImage.NoValues.ToBuilder();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        OperationError? error = null;
        foreach (CreateTopicsRequest.CreatableTopicConfig config in topic.Configs)
        {
            string? only = UnsupportedKeys.DefaultOf(ConfigNumbers.TopicResource, config.Name);
            if (config.Value is null)
            {
                error = new OperationError(ErrorCode.InvalidConfig, $"The config {config.Name} has no value: leave it out for the default.");
            }
            else if (!seen.Add(config.Name))
            {
                error = new OperationError(ErrorCode.InvalidConfig, $"The config {config.Name} is given twice.");
            }
            else if (only is null)
            {
                configs.Add(config.Name, config.Value);
            }
            else if (config.Value != only)
            {
                error = UnsupportedKeys.Refusal(config.Name, only);
            }
        }

        return (configs.ToImmutable(), error);
    }
}
