using System.Collections.Immutable;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Topics;

/// <summary>DeleteTopics: by name or by id, each by itself; what is meant twice is refused and stays.</summary>
internal sealed class DeleteTopicsHandler : ApiHandler<DeleteTopicsRequest, DeleteTopicsResponse>
{
    private const short FirstWithIds = 6;

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(DeleteTopicsRequest request, DeleteTopicsResponse response, RequestScope scope)
    {
        List<TopicReference> asked = Read(request, scope.Version);
        TopicsImage topics = scope.Api.Image.Topics;
        ILookup<object, TopicReference> byTopic = asked.ToLookup(topic => Meant(topics, topic));
        List<TopicReference> good = [];
        foreach (IGrouping<object, TopicReference> group in byTopic)
        {
            TopicReference first = group.First();
            OperationError? error = group.Count() > 1
                ? new OperationError(ErrorCode.InvalidRequest, $"Topic '{first}' is named twice in the request: it stays.")
                : first.Name.Length > 0 && first.Id != TopicId.None
                    ? new OperationError(ErrorCode.InvalidRequest, "Name the topic or give its id, not both.")
                    : null;
            if (error is null)
            {
                good.Add(first);
                continue;
            }

            foreach (TopicReference topic in group.Distinct())
            {
                Write(response, topic, new TopicOutcome(topic, error));
            }
        }

        ImmutableArray<TopicOutcome> outcomes = good.Count == 0 ? [] : await ControllerCalls.AskAsync(
            () => scope.Api.Admin.DeleteTopicsAsync(good),
            error => good.Select(topic => new TopicOutcome(topic, error))).ConfigureAwait(false);
        for (int i = 0; i < outcomes.Length; i++)
        {
            Write(response, good[i], outcomes[i]);
        }
    }

    /// <summary>What two references have in common that mean the same topic.</summary>
    private static object Meant(TopicsImage topics, TopicReference reference) =>
        reference.Resolve(topics).Topic is { } topic ? topic.Id : reference.Id != TopicId.None ? reference.Id : reference.Name;

    private static List<TopicReference> Read(DeleteTopicsRequest request, short version)
    {
        List<TopicReference> asked = [];
        if (version < FirstWithIds)
        {
            foreach (string name in request.TopicNames)
            {
                asked.Add(new TopicReference(name, TopicId.None));
            }

            return asked;
        }

        foreach (DeleteTopicsRequest.DeleteTopicState topic in request.Topics)
        {
            asked.Add(new TopicReference(topic.Name ?? "", new TopicId(topic.TopicId)));
        }

        return asked;
    }

    private static void Write(DeleteTopicsResponse response, TopicReference asked, TopicOutcome outcome)
    {
        DeleteTopicsResponse.DeletableTopicResult row = response.Responses.Add();

        // An id that means nothing has no name; before there were ids there was always a name.
        string name = asked.Name.Length > 0 ? asked.Name : outcome.Topic.Name;
        row.Name = name.Length > 0 || asked.Id == TopicId.None ? name : null;
        row.TopicId = outcome.Topic.Id.Value;
        row.ErrorCode = (short)(outcome.Error?.Code ?? ErrorCode.None);
        row.ErrorMessage = outcome.Error?.Message;
    }
}
