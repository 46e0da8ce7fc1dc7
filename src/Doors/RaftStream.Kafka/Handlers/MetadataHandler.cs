using RaftStream.Broker.Controller;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>Metadata: all live brokers, and topics by name, by id (KIP-516), or all.</summary>
internal sealed class MetadataHandler : ApiHandler<MetadataRequest, MetadataResponse>
{
    private const short FirstWithListenerNotFound = 6;

    /// <inheritdoc/>
    public override long EstimateAnswer(MetadataRequest request, RequestScope scope)
    {
        TopicsImage topics = scope.Api.Image.Topics;
        long all = AnswerEstimates.OfTopics(topics.ById.Count, topics.PartitionCount);
        if (IsAll(request, scope))
        {
            return all;
        }

        long partitions = 0;
        foreach (MetadataRequest.MetadataRequestTopic asked in request.Topics)
        {
            TopicImage? topic = asked.TopicId != Guid.Empty ? topics.Find(new TopicId(asked.TopicId)) : asked.Name is null ? null : topics.Find(asked.Name);
            partitions += topic?.Partitions.Count ?? 0;
        }

        // A topic that is named again is told once.
        return Math.Min(AnswerEstimates.OfTopics(request.Topics.Count, partitions), all + AnswerEstimates.OfTopics(request.Topics.Count, 0));
    }

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(MetadataRequest request, MetadataResponse response, RequestScope scope)
    {
        bool isAll = IsAll(request, scope);
        HashSet<string>? failed = isAll || !request.AllowAutoTopicCreation
            ? null
            : await CreateMissingAsync(request, response, scope).ConfigureAwait(false);

        MetadataImage image = scope.Api.Image;
        AddCluster(response, image, scope);
        if (isAll)
        {
            foreach (TopicImage topic in image.Topics.InOrder())
            {
                Fill(response.Topics.Add(), topic, image, request.IncludeTopicAuthorizedOperations, scope);
            }
        }
        else
        {
            AddAsked(request, response, failed, image, scope);
        }

        response.ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.OnCluster : AuthorizedOperations.NotAsked;
    }

    /// <summary>Version 0 has no null: there an empty list asks for all.</summary>
    private static bool IsAll(MetadataRequest request, RequestScope scope) =>
        request.Topics.IsNull || (scope.Version == 0 && request.Topics.Count == 0);

    /// <summary>Auto-creation, when the client and the broker both allow it. What went wrong is told in the answer.</summary>
    /// <returns>Names that were told about; null is none.</returns>
    private static async ValueTask<HashSet<string>?> CreateMissingAsync(MetadataRequest request, MetadataResponse response, RequestScope scope)
    {
        HashSet<string>? failed = null;
        bool hasController = true;
        foreach (string name in Missing(request, scope.Api.Image.Topics))
        {
            scope.Aborted.ThrowIfCancellationRequested();
            ErrorCode error = ErrorCode.LeaderNotAvailable; // clients ask again
            if (hasController)
            {
                try
                {
                    error = await scope.Api.Admin.EnsureTopicAsync(name).ConfigureAwait(false) is { } problem ? problem.Code : ErrorCode.None;
                }
                catch (ControllerUnavailableException)
                {
                    hasController = false; // it was waited for once; not for each name
                }
            }

            if (error != ErrorCode.None)
            {
                (failed ??= []).Add(name);
                AddError(response, name, TopicId.None, error);
            }
        }

        return failed;
    }

    /// <summary>Names that no topic has, each once.</summary>
    private static HashSet<string> Missing(MetadataRequest request, TopicsImage topics)
    {
        HashSet<string> missing = new(StringComparer.Ordinal);
        foreach (MetadataRequest.MetadataRequestTopic topic in request.Topics)
        {
            if (topic.Name is not null && topic.TopicId == Guid.Empty && topics.Find(topic.Name) is null)
            {
                missing.Add(topic.Name);
            }
        }

        return missing;
    }

    private static void AddCluster(MetadataResponse response, MetadataImage image, RequestScope scope)
    {
        // Clients forget brokers that an answer does not name: each answer names all live ones.
        foreach (BrokerRegistration broker in image.Brokers.ById.Values)
        {
            if (!broker.Fenced && KafkaEndpoints.Find(broker, scope.Listener) is { } endpoint)
            {
                MetadataResponse.MetadataResponseBroker row = response.Brokers.Add();
                row.NodeId = broker.Id.Value;
                row.Host = endpoint.Host;
                row.Port = endpoint.Port;
                row.Rack = broker.Rack.Length > 0 ? broker.Rack : null;
            }
        }

        response.ClusterId = ClusterIds.Of(scope.Api);

        // Any broker takes what is meant for the controller, and passes it on.
        response.ControllerId = scope.Api.NodeId.Value;
    }

    private static void AddAsked(
        MetadataRequest request, MetadataResponse response, HashSet<string>? failed, MetadataImage image, RequestScope scope)
    {
        HashSet<(string?, Guid)>? seen = request.Topics.Count > 1 ? [] : null;
        foreach (MetadataRequest.MetadataRequestTopic asked in request.Topics)
        {
            // A topic that is named again is told once, as in Kafka: a name is a few bytes, what there is to say of it may be many.
            if ((asked.Name is not null && failed?.Contains(asked.Name) == true) || seen?.Add((asked.Name, asked.TopicId)) == false)
            {
                continue;
            }

            var id = new TopicId(asked.TopicId);
            if (id == TopicId.None && TopicName.Problem(asked.Name) is not null)
            {
                AddError(response, asked.Name, id, ErrorCode.InvalidTopicException);
                continue;
            }

            (TopicImage? topic, OperationError? error) = new TopicReference(id == TopicId.None ? asked.Name! : "", id).Resolve(image.Topics);
            if (topic is null)
            {
                AddError(response, id == TopicId.None ? asked.Name : null, id, error!.Code);
            }
            else
            {
                Fill(response.Topics.Add(), topic, image, request.IncludeTopicAuthorizedOperations, scope);
            }
        }
    }

    private static void AddError(MetadataResponse response, string? name, TopicId id, ErrorCode error)
    {
        MetadataResponse.MetadataResponseTopic row = response.Topics.Add();
        row.ErrorCode = (short)error;
        row.Name = name ?? "";
        row.TopicId = id.Value;
        row.TopicAuthorizedOperations = AuthorizedOperations.NotAsked;
    }

    private static void Fill(
        MetadataResponse.MetadataResponseTopic row, TopicImage topic, MetadataImage image, bool withOperations, RequestScope scope)
    {
        row.Name = topic.Name;
        row.TopicId = topic.Id.Value;
        row.IsInternal = TopicNames.IsInternal(topic.Name);
        row.TopicAuthorizedOperations = withOperations ? AuthorizedOperations.OnTopic : AuthorizedOperations.NotAsked;
        foreach (PartitionState state in topic.Partitions)
        {
            Fill(row.Partitions.Add(), state, image, scope);
        }
    }

    private static void Fill(MetadataResponse.MetadataResponsePartition row, PartitionState state, MetadataImage image, RequestScope scope)
    {
        (NodeId leader, ErrorCode error) = LeaderLook.Of(state, image, scope.Listener);
        error = error == ErrorCode.ListenerNotFound && scope.Version < FirstWithListenerNotFound ? ErrorCode.LeaderNotAvailable : error;
        row.PartitionIndex = state.Partition;
        row.LeaderId = leader.Value;
        row.ErrorCode = (short)error;
        row.LeaderEpoch = state.LeaderEpoch.Value;
        NodeLists.Write(row.ReplicaNodes, state.Replicas);
        NodeLists.Write(row.IsrNodes, state.Isr);
        LeaderLook.WriteOffline(row.OfflineReplicas, state, image);
    }
}
