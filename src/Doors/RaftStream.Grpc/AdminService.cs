using System.Collections.Immutable;
using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Client.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using ConfigChange = RaftStream.Metadata.Control.ConfigChange;
using ConfigSource = RaftStream.Metadata.Configs.ConfigSource;
using NewPartitions = RaftStream.Metadata.Control.NewPartitions;
using NewTopic = RaftStream.Metadata.Control.NewTopic;

namespace RaftStream.Grpc;

/// <summary>The service <c>raftstream.client.v1.Admin</c>: topics, configs, records, logs.</summary>
internal sealed class AdminService(BrokerAccess broker) : Client.V1.Admin.AdminBase
{
    /// <inheritdoc/>
    public override async Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        foreach (TopicRef topic in request.Topics.Where(t => t.Id.IsEmpty && t.Name.Length > 0))
        {
            await BrokerAccess.AskAsync(() => api.Admin.EnsureTopicAsync(topic.Name)).ConfigureAwait(false);
        }

        return MetadataAnswer.Make(api, request);
    }

    /// <inheritdoc/>
    public override async Task<CreateTopicsResponse> CreateTopics(CreateTopicsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        List<NewTopic> topics = [.. request.Topics.Select(Read)];
        ImmutableArray<TopicOutcome> outcomes = await BrokerAccess.AskAsync(
            () => api.Admin.CreateTopicsAsync(topics, request.ValidateOnly)).ConfigureAwait(false);
        return new CreateTopicsResponse { Results = { outcomes.Select(Write) } };
    }

    /// <inheritdoc/>
    public override async Task<DeleteTopicsResponse> DeleteTopics(DeleteTopicsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        List<TopicReference> topics = [.. request.Topics.Select(ReadTopic)];
        Guid id = Requests.ReadId(request.RequestId);
        ImmutableArray<TopicOutcome> outcomes = await BrokerAccess.AskAsync(
            () => api.Admin.DeleteTopicsAsync(topics, id)).ConfigureAwait(false);
        return new DeleteTopicsResponse { Results = { outcomes.Select(Write) } };
    }

    /// <inheritdoc/>
    public override async Task<CreatePartitionsResponse> CreatePartitions(CreatePartitionsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        List<NewPartitions> topics = [.. request.Topics.Select(t => new NewPartitions(ReadTopic(t.Topic), t.Count))];
        ImmutableArray<TopicOutcome> outcomes = await BrokerAccess.AskAsync(
            () => api.Admin.CreatePartitionsAsync(topics, request.ValidateOnly)).ConfigureAwait(false);
        return new CreatePartitionsResponse { Results = { outcomes.Select(Write) } };
    }

    /// <inheritdoc/>
    public override Task<DescribeConfigsResponse> DescribeConfigs(DescribeConfigsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        return Task.FromResult(new DescribeConfigsResponse { Results = { request.Resources.Select(r => Describe(api, r)) } });
    }

    /// <inheritdoc/>
    public override async Task<AlterConfigsResponse> AlterConfigs(AlterConfigsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        List<Metadata.Control.ConfigAlteration> alterations = [.. request.Resources.Select(Read)];
        ImmutableArray<ConfigOutcome> outcomes = await BrokerAccess.AskAsync(
            () => api.Admin.AlterConfigsAsync(alterations, request.ValidateOnly)).ConfigureAwait(false);
        var response = new AlterConfigsResponse();
        for (int i = 0; i < outcomes.Length; i++)
        {
            response.Results.Add(new AlteredConfigs
            {
                Resource = request.Resources[i].Resource,
                Error = GrpcErrors.ToError(outcomes[i].Error),
            });
        }

        return response;
    }

    /// <inheritdoc/>
    public override async Task<DeleteRecordsResponse> DeleteRecords(DeleteRecordsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        BrokerAccess.CheckCount(api, request.Partitions.Count);

        int timeoutMs = request.TimeoutMs > 0 ? Math.Min(request.TimeoutMs, api.Limits.MaxDeleteTimeoutMs) : api.Limits.DefaultDeleteTimeoutMs;

        // The disk is waited for: not on the thread that reads the connection.
        Client.V1.DeletedRecords[] deleted = await Task.Run(
            () => Task.WhenAll(request.Partitions.Select(p => DeleteAsync(api, p, timeoutMs)))).ConfigureAwait(false);
        return new DeleteRecordsResponse { Partitions = { deleted } };
    }

    /// <inheritdoc/>
    public override async Task<DescribeProducersResponse> DescribeProducers(DescribeProducersRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        BrokerAccess.CheckCount(api, request.Partitions.Count);
        PartitionProducers[] described = await Task.WhenAll(request.Partitions.Select(p => ProducerList.DescribeAsync(api, p))).ConfigureAwait(false);
        return new DescribeProducersResponse { Partitions = { described } };
    }

    /// <inheritdoc/>
    public override Task<ElectLeadersResponse> ElectLeaders(ElectLeadersRequest request, ServerCallContext context) =>
        Reassignments.ElectAsync(broker.Api, request);

    /// <inheritdoc/>
    public override Task<AlterPartitionReassignmentsResponse> AlterPartitionReassignments(
        AlterPartitionReassignmentsRequest request, ServerCallContext context) => Reassignments.AlterAsync(broker.Api, request);

    /// <inheritdoc/>
    public override Task<ListPartitionReassignmentsResponse> ListPartitionReassignments(
        ListPartitionReassignmentsRequest request, ServerCallContext context) => Task.FromResult(Reassignments.List(broker.Api, request));

    /// <inheritdoc/>
    public override Task<PlanPartitionReassignmentsResponse> PlanPartitionReassignments(
        PlanPartitionReassignmentsRequest request, ServerCallContext context) => Task.Run(() => Reassignments.Plan(broker.Api, request));

    /// <inheritdoc/>
    public override Task<DescribeLogsResponse> DescribeLogs(DescribeLogsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        HashSet<TopicId>? wanted = request.Topics.Count == 0
            ? null
            : [.. request.Topics.Select(t => ReadTopic(t).Resolve(api.Image.Topics).Topic?.Id).OfType<TopicId>()];
        return Task.FromResult(new DescribeLogsResponse { Logs = { api.Admin.DescribeLogs(wanted).Select(Write) } });
    }

    private static NewTopic Read(Client.V1.NewTopic topic)
    {
        if (topic.Assignments.GroupBy(a => a.Partition).Any(group => group.Count() > 1))
        {
            throw GrpcErrors.ToException(ErrorCode.InvalidReplicaAssignment, $"Topic '{topic.Name}' assigns a partition twice.");
        }

        return new NewTopic
        {
            Name = topic.Name,
            Id = new TopicId(Requests.ReadId(topic.Id)),
            Partitions = topic.Partitions,
            ReplicationFactor = topic.ReplicationFactor,
            Configs = ConfigsImage.NoValues.AddRange(topic.Configs),
            Assignments = topic.Assignments.ToImmutableSortedDictionary(
                a => a.Partition, a => a.Replicas.Select(id => new NodeId(id)).ToImmutableArray()),
        };
    }

    internal static TopicReference ReadTopic(TopicRef? topic) => Requests.TryRead(topic, out TopicReference reference)
        ? reference
        : throw GrpcErrors.ToException(ErrorCode.InvalidRequest, "A topic id has 16 bytes.");

    private static Metadata.Control.ConfigAlteration Read(Client.V1.ConfigAlteration alteration) => new(
        ReadOwner(alteration.Resource),
        [.. alteration.Changes.Select(c => new ConfigChange(c.Key, c.HasValue ? c.Value : null))]);

    private static ConfigOwner ReadOwner(ConfigResource? resource) => resource?.Type switch
    {
        ConfigResourceType.ResourceTopic => ConfigOwner.Topic(resource.Name),
        ConfigResourceType.ResourceCluster => new ConfigOwner(ConfigScope.Cluster, resource.Name),
        ConfigResourceType.ResourceBroker => new ConfigOwner(ConfigScope.Broker, resource.Name),
        _ => throw GrpcErrors.ToException(ErrorCode.InvalidRequest, "The resource is neither a topic, nor a broker, nor the cluster."),
    };

    private static DescribedConfigs Describe(BrokerApi api, ConfigResource resource)
    {
        ConfigOwner owner = ReadOwner(resource);
        var described = new DescribedConfigs { Resource = resource };
        if (owner.Scope == ConfigScope.Broker)
        {
            // Another broker's own configuration is known there only.
            if (owner == ConfigOwner.Broker(api.NodeId))
            {
                described.Entries.Add(api.Admin.DescribeOwnConfigs().Select(Write));
            }
            else
            {
                described.Error = GrpcErrors.ToError(
                    ErrorCode.InvalidRequest, $"This is broker {api.NodeId}; the configs of broker {owner.Name} are described by that one.");
            }

            return described;
        }

        IReadOnlyList<EffectiveConfig>? entries = api.Admin.DescribeConfigs(owner.Scope == ConfigScope.Topic ? owner.Name : null);
        if (entries is null)
        {
            described.Error = GrpcErrors.ToError(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{owner.Name}'.");
            return described;
        }

        described.Entries.Add(entries.Select(Write));
        return described;
    }

    private static ConfigEntry Write(EffectiveConfig config) => new()
    {
        Key = config.Key.Name,
        Value = config.Value,
        Type = config.Key.TypeName,
        Documentation = config.Key.Documentation,
        Source = config.Source switch
        {
            ConfigSource.Topic => Client.V1.ConfigSource.SourceTopic,
            ConfigSource.Broker => Client.V1.ConfigSource.SourceBroker,
            ConfigSource.Cluster => Client.V1.ConfigSource.SourceCluster,
            ConfigSource.Static => Client.V1.ConfigSource.SourceStatic,
            _ => Client.V1.ConfigSource.SourceDefault,
        },
    };

    private static TopicResult Write(TopicOutcome outcome) => new()
    {
        Topic = Requests.Write(outcome.Topic),
        Error = GrpcErrors.ToError(outcome.Error),
        Partitions = outcome.Partitions,
        ReplicationFactor = outcome.ReplicationFactor,
    };

    private static async Task<Client.V1.DeletedRecords> DeleteAsync(BrokerApi api, DeleteRecordsPartition asked, int timeoutMs)
    {
        var deleted = new Client.V1.DeletedRecords { Topic = asked.Topic, Partition = asked.Partition, LowWatermark = -1 };
        TopicReference topic = ReadTopic(asked.Topic);
        byte[] name = System.Text.Encoding.UTF8.GetBytes(topic.Name);
        if (!api.TryFind(name, topic.Id, asked.Partition, out BrokerPartition partition, out OperationError? error))
        {
            deleted.Error = GrpcErrors.ToError(error);
            return deleted;
        }

        Broker.Admin.DeletedRecords result = await api.Admin.DeleteRecordsAsync(partition, asked.BeforeOffset, timeoutMs).ConfigureAwait(false);
        deleted.LowWatermark = result.LogStartOffset.Value;
        deleted.Error = result.Error == ErrorCode.None
            ? null
            : GrpcErrors.ToError(api, result.Error, null, partition.TopicId, partition.TopicName, partition.Partition);
        return deleted;
    }

    private static Client.V1.DescribedLog Write(Broker.Admin.DescribedLog log) => new()
    {
        Topic = Requests.Write(new TopicReference(log.Topic, log.TopicId)),
        Partition = log.Partition,
        SizeBytes = log.SizeInBytes,
        LogStartOffset = log.LogStartOffset.Value,
        LogEndOffset = log.LogEndOffset.Value,
        HighWatermark = log.HighWatermark.Value,
        DurableEnd = log.DurableEnd.Value,
        Segments = log.Segments,
    };
}
