using System.Collections.Immutable;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Partitions;

/// <summary>AlterPartitionReassignments: begins, replaces and cancels (KIP-455, R-10.1 to ).</summary>
internal sealed class AlterPartitionReassignmentsHandler : ApiHandler<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>
{
    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(
        AlterPartitionReassignmentsRequest request, AlterPartitionReassignmentsResponse response, RequestScope scope)
    {
        List<Reassignment> asked = Read(request);
        response.ErrorMessage = null;
        ImmutableArray<PartitionOutcome> outcomes = await ControllerCalls.AskAsync(
            () => scope.Api.Admin.ReassignAsync(asked, request.AllowReplicationFactorChange),
            error =>
            {
                response.ErrorCode = (short)error.Code;
                response.ErrorMessage = error.Message;
                return asked.Select(one => new PartitionOutcome(one.Partition.Topic, one.Partition.Partition, error));
            }).ConfigureAwait(false);

        response.AllowReplicationFactorChange = request.AllowReplicationFactorChange;
        int next = 0;
        foreach (AlterPartitionReassignmentsRequest.ReassignableTopic topic in request.Topics)
        {
            AlterPartitionReassignmentsResponse.ReassignableTopicResponse row = response.Responses.Add();
            row.Name = topic.Name;
            foreach (AlterPartitionReassignmentsRequest.ReassignablePartition partition in topic.Partitions)
            {
                PartitionOutcome outcome = outcomes[next++];
                AlterPartitionReassignmentsResponse.ReassignablePartitionResponse answer = row.Partitions.Add();
                answer.PartitionIndex = partition.PartitionIndex;
                answer.ErrorCode = (short)(outcome.Error?.Code ?? ErrorCode.None);
                answer.ErrorMessage = outcome.Error?.Message;
            }
        }
    }

    private static List<Reassignment> Read(AlterPartitionReassignmentsRequest request)
    {
        List<Reassignment> asked = [];
        foreach (AlterPartitionReassignmentsRequest.ReassignableTopic topic in request.Topics)
        {
            foreach (AlterPartitionReassignmentsRequest.ReassignablePartition partition in topic.Partitions)
            {
                asked.Add(new Reassignment(
                    new PartitionReference(new TopicReference(topic.Name, TopicId.None), partition.PartitionIndex),
                    partition.Replicas.IsNull ? null : NodeLists.Read(partition.Replicas)));
            }
        }

        return asked;
    }
}
