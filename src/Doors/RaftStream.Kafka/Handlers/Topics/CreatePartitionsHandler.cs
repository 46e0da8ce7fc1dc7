using System.Collections.Immutable;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Topics;

/// <summary>CreatePartitions: one result for each topic; one that is named twice does not grow .</summary>
internal sealed class CreatePartitionsHandler : ApiHandler<CreatePartitionsRequest, CreatePartitionsResponse>
{
    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(CreatePartitionsRequest request, CreatePartitionsResponse response, RequestScope scope)
    {
        List<string> names = [];
        var asked = new Dictionary<string, NewPartitions?>(StringComparer.Ordinal);
        foreach (CreatePartitionsRequest.CreatePartitionsTopic topic in request.Topics)
        {
            if (asked.TryAdd(topic.Name, Read(topic)))
            {
                names.Add(topic.Name);
            }
            else
            {
                asked[topic.Name] = null;
            }
        }

        List<NewPartitions> good = [.. names.Select(name => asked[name]).OfType<NewPartitions>()];
        ImmutableArray<TopicOutcome> outcomes = good.Count == 0 ? [] : await ControllerCalls.AskAsync(
            () => scope.Api.Admin.CreatePartitionsAsync(good, request.ValidateOnly),
            error => good.Select(topic => new TopicOutcome(topic.Topic, error))).ConfigureAwait(false);
        int next = 0;
        foreach (string name in names)
        {
            OperationError? error = asked[name] is null
                ? new OperationError(ErrorCode.InvalidRequest, $"Topic '{name}' is named twice in the request.")
                : outcomes[next++].Error;
            CreatePartitionsResponse.CreatePartitionsTopicResult row = response.Results.Add();
            row.Name = name;
            row.ErrorCode = (short)(error?.Code ?? ErrorCode.None);
            row.ErrorMessage = error?.Message;
        }
    }

    private static NewPartitions Read(CreatePartitionsRequest.CreatePartitionsTopic topic)
    {
        ImmutableArray<ImmutableArray<NodeId>>.Builder assignments = ImmutableArray.CreateBuilder<ImmutableArray<NodeId>>(topic.Assignments.Count);
        foreach (CreatePartitionsRequest.CreatePartitionsAssignment assignment in topic.Assignments)
        {
            assignments.Add(NodeLists.Read(assignment.BrokerIds));
        }

        return new NewPartitions(new TopicReference(topic.Name, TopicId.None), topic.Count, assignments.MoveToImmutable());
    }
}
