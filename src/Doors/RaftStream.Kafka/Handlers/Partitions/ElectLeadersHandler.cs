using System.Collections.Immutable;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Partitions;

/// <summary>ElectLeaders: the preferred leader, or any replica that is up (KIP-460, R-9.6, R-9.8).</summary>
internal sealed class ElectLeadersHandler : ApiHandler<ElectLeadersRequest, ElectLeadersResponse>
{
    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(ElectLeadersRequest request, ElectLeadersResponse response, RequestScope scope)
    {
        List<PartitionReference>? partitions = Read(request);
        if (request.ElectionType is not (0 or 1))
        {
            response.ErrorCode = (short)ErrorCode.InvalidRequest;
            return;
        }

        ElectionKind kind = request.ElectionType == 1 ? ElectionKind.Unclean : ElectionKind.Preferred;
        ErrorCode whole = ErrorCode.None;
        ImmutableArray<PartitionOutcome> outcomes = await ControllerCalls.AskAsync(
            () => scope.Api.Admin.ElectLeadersAsync(kind, partitions),
            error =>
            {
                whole = error.Code;
                return partitions?.Select(one => new PartitionOutcome(one.Topic, one.Partition, error)) ?? [];
            }).ConfigureAwait(false);

        response.ErrorCode = (short)whole;
        foreach (IGrouping<string, PartitionOutcome> topic in outcomes.GroupBy(outcome => outcome.Topic.Name, StringComparer.Ordinal))
        {
            ElectLeadersResponse.ReplicaElectionResult row = response.ReplicaElectionResults.Add();
            row.Topic = topic.Key;
            foreach (PartitionOutcome outcome in topic)
            {
                ElectLeadersResponse.PartitionResult partition = row.PartitionResult.Add();
                partition.PartitionId = outcome.Partition;
                partition.ErrorCode = (short)(outcome.Error?.Code ?? ErrorCode.None);
                partition.ErrorMessage = outcome.Error?.Message;
            }
        }
    }

    private static List<PartitionReference>? Read(ElectLeadersRequest request)
    {
        if (request.TopicPartitions.IsNull)
        {
            return null;
        }

        List<PartitionReference> partitions = [];
        foreach (ElectLeadersRequest.TopicPartitionList topic in request.TopicPartitions)
        {
            foreach (int partition in topic.Partitions)
            {
                partitions.Add(new PartitionReference(new TopicReference(topic.Topic, TopicId.None), partition));
            }
        }

        return partitions;
    }
}
