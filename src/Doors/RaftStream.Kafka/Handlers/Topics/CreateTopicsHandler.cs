using System.Collections.Immutable;
using RaftStream.Broker;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers.Configs;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Topics;

/// <summary>CreateTopics: each topic by itself, with its own error; names that stand twice are refused once.</summary>
internal sealed class CreateTopicsHandler : ApiHandler<CreateTopicsRequest, CreateTopicsResponse>
{
    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(CreateTopicsRequest request, CreateTopicsResponse response, RequestScope scope)
    {
        Dictionary<string, (NewTopic? Topic, OperationError? Error)> asked = Read(request, out List<string> names);
        List<NewTopic> good = [.. names.Select(name => asked[name].Topic).OfType<NewTopic>()];
        ImmutableArray<TopicOutcome> outcomes = good.Count == 0 ? [] : await ControllerCalls.AskAsync(
            () => scope.Api.Admin.CreateTopicsAsync(good, request.ValidateOnly),
            error => good.Select(topic => new TopicOutcome(new TopicReference(topic.Name, TopicId.None), error))).ConfigureAwait(false);
        int next = 0;
        foreach (string name in names)
        {
            (NewTopic? topic, OperationError? error) = asked[name];
            CreateTopicsResponse.CreatableTopicResult row = response.Topics.Add();
            row.Name = name;
            if (topic is null)
            {
                Refuse(row, error!);
            }
            else
            {
                Fill(row, topic, outcomes[next++], request.ValidateOnly, scope.Api);
            }
        }
    }

    private static Dictionary<string, (NewTopic? Topic, OperationError? Error)> Read(CreateTopicsRequest request, out List<string> names)
    {
        var asked = new Dictionary<string, (NewTopic?, OperationError?)>(StringComparer.Ordinal);
        names = [];
        foreach (CreateTopicsRequest.CreatableTopic topic in request.Topics)
        {
            if (asked.TryAdd(topic.Name, TopicsToCreate.Read(topic)))
            {
                names.Add(topic.Name);
            }
            else
            {
                asked[topic.Name] = (null, new OperationError(ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is named twice in the request."));
            }
        }

        return asked;
    }

    private static void Fill(
        CreateTopicsResponse.CreatableTopicResult row, NewTopic topic, TopicOutcome outcome, bool isValidation, BrokerApi api)
    {
        if (outcome.Error is { } error)
        {
            Refuse(row, error);
            return;
        }

        row.ErrorMessage = null;

        // A topic that was only looked at has no id.
        row.TopicId = isValidation ? Guid.Empty : outcome.Topic.Id.Value;
        row.NumPartitions = outcome.Partitions;
        row.ReplicationFactor = (short)outcome.ReplicationFactor;
        IReadOnlyList<LayeredConfig>? configs = isValidation ? null : api.Admin.Descriptions.OfTopic(topic.Name);
        foreach (LayeredConfig config in configs ?? api.Admin.Descriptions.OfNewTopic(topic))
        {
            CreateTopicsResponse.CreatableTopicConfigs entry = row.Configs.Add();
            entry.Name = config.Key.Name;
            entry.Value = config.Layers[0].Value;
            entry.ConfigSource = ConfigNumbers.Of(config.Layers[0].Source);
        }
    }

    private static void Refuse(CreateTopicsResponse.CreatableTopicResult row, OperationError error)
    {
        row.ErrorCode = (short)error.Code;
        row.ErrorMessage = error.Message;
        row.NumPartitions = -1;
        row.ReplicationFactor = -1;
    }
}
