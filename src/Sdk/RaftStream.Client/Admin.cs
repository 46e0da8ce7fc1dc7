using Grpc.Core;
using RaftStream.Client.Routing;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client;

/// <summary>Topics, configs, offsets, and what the cluster looks like.</summary>
/// <remarks>
/// Thread-safe. What may succeed later is tried again for <see cref="RaftStreamClientOptions.OperationTimeout"/>. Requests
/// for several topics answer for each, unless the method says that it throws.
/// </remarks>
public sealed class Admin
{
    private readonly RaftStreamClientOptions _options;
    private readonly BrokerCalls _calls;
    private readonly ClusterMetadata _metadata;
    private readonly OffsetQueries _offsets;
    private readonly LogQueries _logs;
    private readonly ProducerQueries _producers;

    internal Admin(RaftStreamClientOptions options, BrokerCalls calls, ClusterMetadata metadata)
    {
        _options = options;
        _calls = calls;
        _metadata = metadata;
        _offsets = new OffsetQueries(options, calls, metadata);
        _logs = new LogQueries(options, calls, metadata);
        _producers = new ProducerQueries(options, calls, metadata);
    }

    /// <summary>Creates a topic.</summary>
    /// <exception cref="RaftStreamException">E.g. it exists, or its name or a config is not allowed.</exception>
    public async Task<TopicOutcome> CreateTopicAsync(
        string name, int? partitions = null, int? replicationFactor = null, CancellationToken cancellationToken = default)
    {
        var spec = new TopicSpec { Name = name, Partitions = partitions, ReplicationFactor = replicationFactor };
        IReadOnlyList<TopicOutcome> outcomes = await CreateTopicsAsync([spec], validateOnly: false, cancellationToken).ConfigureAwait(false);
        return outcomes[0].ThrowIfFailed();
    }

    /// <summary>Creates topics, or only says whether they could be.</summary>
    /// <remarks>Tried again, it finds what it did itself: an answer that was lost is no error, and nothing is done twice. The same holds for deletions.</remarks>
    public async Task<IReadOnlyList<TopicOutcome>> CreateTopicsAsync(
        IEnumerable<TopicSpec> topics, bool validateOnly = false, CancellationToken cancellationToken = default)
    {
        var request = new CreateTopicsRequest { ValidateOnly = validateOnly, TimeoutMs = TimeoutMs };
        foreach (TopicSpec topic in topics)
        {
            var wire = new NewTopic
            {
                Name = topic.Name,
                Id = TopicIds.ToWire(new TopicId(Guid.NewGuid())),
                Partitions = topic.Partitions ?? 0,
                ReplicationFactor = topic.ReplicationFactor ?? 0,
            };
            foreach ((string key, string value) in topic.Configs)
            {
                wire.Configs[key] = value;
            }

            request.Topics.Add(wire);
        }

        CreateTopicsResponse response = await CallAsync(
            static (client, request, options) => client.CreateTopicsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return [.. response.Results.Select(AdminMapping.ToOutcome)];
    }

    /// <summary>Deletes a topic and all of its records.</summary>
    /// <exception cref="RaftStreamException">E.g. there is none of that name.</exception>
    public async Task DeleteTopicAsync(string name, CancellationToken cancellationToken = default) =>
        (await DeleteTopicsAsync([name], cancellationToken).ConfigureAwait(false))[0].ThrowIfFailed();

    /// <summary>Deletes topics and all of their records.</summary>
    public async Task<IReadOnlyList<TopicOutcome>> DeleteTopicsAsync(IEnumerable<string> names, CancellationToken cancellationToken = default)
    {
        var request = new DeleteTopicsRequest { TimeoutMs = TimeoutMs, RequestId = TopicIds.ToWire(new TopicId(Guid.NewGuid())) };
        request.Topics.AddRange(names.Select(AdminMapping.ToRef));
        DeleteTopicsResponse response = await CallAsync(
            static (client, request, options) => client.DeleteTopicsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return [.. response.Results.Select(AdminMapping.ToOutcome)];
    }

    /// <summary>Grows a topic to <paramref name="count"/> partitions in all. Keys hash to other partitions from then on.</summary>
    /// <exception cref="RaftStreamException">E.g. it has as many already.</exception>
    public async Task CreatePartitionsAsync(string topic, int count, CancellationToken cancellationToken = default)
    {
        var request = new CreatePartitionsRequest { TimeoutMs = TimeoutMs };
        request.Topics.Add(new NewPartitions { Topic = AdminMapping.ToRef(topic), Count = count });
        CreatePartitionsResponse response = await CallAsync(
            static (client, request, options) => client.CreatePartitionsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        AdminMapping.ToOutcome(response.Results[0]).ThrowIfFailed();
    }

    /// <summary>The cluster and its brokers.</summary>
    /// <exception cref="RaftStreamException">No broker answered.</exception>
    public async Task<ClusterDescription> DescribeClusterAsync(CancellationToken cancellationToken = default) =>
        AdminMapping.ToCluster(await GetMetadataAsync([], cancellationToken).ConfigureAwait(false));

    /// <summary>All topics by name, those of the cluster itself included (<see cref="TopicDescription.IsInternal"/>).</summary>
    /// <exception cref="RaftStreamException">No broker answered.</exception>
    public async Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken = default)
    {
        GetMetadataResponse response = await GetMetadataAsync([], cancellationToken).ConfigureAwait(false);
        return [.. response.Topics.Select(AdminMapping.ToTopic).OrderBy(topic => topic.Name, StringComparer.Ordinal)];
    }

    /// <summary>One topic.</summary>
    /// <exception cref="RaftStreamException">E.g. there is none of that name.</exception>
    public async Task<TopicDescription> DescribeTopicAsync(string name, CancellationToken cancellationToken = default)
    {
        GetMetadataResponse response = await GetMetadataAsync([name], cancellationToken).ConfigureAwait(false);
        V1.Topic? topic = response.Topics.FirstOrDefault(topic => topic.Topic_.Name == name);
        RpcErrors.ThrowIfFailed(topic?.Error);
        return topic is null ? throw ClusterMetadata.UnknownTopic(name) : AdminMapping.ToTopic(topic);
    }

    /// <summary>All configs of a topic, those with default values included, by key.</summary>
    /// <exception cref="RaftStreamException">E.g. there is no such topic.</exception>
    public Task<IReadOnlyList<ConfigDescription>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellationToken = default) =>
        DescribeConfigsAsync(new ConfigResource { Type = ConfigResourceType.ResourceTopic, Name = topic }, cancellationToken);

    /// <summary>All configs of a broker, by key.</summary>
    /// <exception cref="RaftStreamException">E.g. there is no such broker.</exception>
    public Task<IReadOnlyList<ConfigDescription>> DescribeBrokerConfigsAsync(int nodeId, CancellationToken cancellationToken = default)
    {
        string name = new NodeId(nodeId).ToString();
        return DescribeConfigsAsync(new ConfigResource { Type = ConfigResourceType.ResourceBroker, Name = name }, cancellationToken);
    }

    /// <summary>Sets configs of a topic; a null value sets a key back to its default. Other keys stay as they are.</summary>
    /// <exception cref="RaftStreamException">E.g. a value is not allowed; nothing was changed then.</exception>
    public async Task AlterTopicConfigsAsync(
        string topic, IReadOnlyDictionary<string, string?> changes, bool validateOnly = false, CancellationToken cancellationToken = default)
    {
        var alteration = new ConfigAlteration { Resource = new ConfigResource { Type = ConfigResourceType.ResourceTopic, Name = topic } };
        alteration.Changes.AddRange(changes.Select(AdminMapping.ToChange));
        var request = new AlterConfigsRequest { ValidateOnly = validateOnly };
        request.Resources.Add(alteration);
        AlterConfigsResponse response = await CallAsync(
            static (client, request, options) => client.AlterConfigsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        RpcErrors.ThrowIfFailed(response.Results[0].Error);
    }

    /// <summary>Forgets all records of a partition below an offset, on all replicas that are up, for all readers and for good.</summary>
    /// <param name="beforeOffset">First offset to keep; null is the high watermark of now: everything goes.</param>
    /// <returns>The log start offset now.</returns>
    /// <exception cref="RaftStreamException">E.g. the offset is beyond the high watermark.</exception>
    public async Task<long> DeleteRecordsAsync(NamedPartition partition, long? beforeOffset, CancellationToken cancellationToken = default)
    {
        // Tried again, the same records must go, not what was written meanwhile.
        long before = beforeOffset
            ?? (await _offsets.ListAsync([(partition, StartPosition.End)], cancellationToken).ConfigureAwait(false))[0].Offset;
        const double ReplicasShare = 0.75; // Of the wait for the answer.
        var request = new DeleteRecordsRequest { TimeoutMs = Math.Max(1, (int)(TimeoutMs * ReplicasShare)) };
        request.Partitions.Add(new DeleteRecordsPartition
        {
            Topic = AdminMapping.ToRef(partition.Topic),
            Partition = partition.Partition,
            BeforeOffset = before,
        });
        return await _calls.Retries.ExecuteWithinAsync(
            async (failures, token) =>
            {
                if (failures > 0 || _metadata.Current.LeaderOf(partition) is null)
                {
                    await _metadata.RefreshAsync([partition.Topic], token).ConfigureAwait(false);
                }

                DeleteRecordsResponse response = await _calls.CallOnceAsync(
                    _metadata.Current.LeaderOf(partition) ?? throw _metadata.WhyNoLeader(partition),
                    static invoker => new V1.Admin.AdminClient(invoker),
                    static (client, request, options) => client.DeleteRecordsAsync(request, options),
                    request,
                    token).ConfigureAwait(false);
                RpcErrors.ThrowIfFailed(response.Partitions[0].Error);
                return response.Partitions[0].LowWatermark;
            },
            _options.OperationTimeout,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The offset that a position means now, for each partition, from its leader.</summary>
    /// <exception cref="RaftStreamException">E.g. there is no such partition.</exception>
    public Task<IReadOnlyList<OffsetAnswer>> ListOffsetsAsync(
        IEnumerable<NamedPartition> partitions, StartPosition position, CancellationToken cancellationToken = default) =>
        _offsets.ListAsync([.. partitions.Select(partition => (partition, position))], cancellationToken);

    /// <summary>The offset that a position means now, for all partitions of a topic, by number.</summary>
    /// <exception cref="RaftStreamException">E.g. there is no such topic.</exception>
    public async Task<IReadOnlyList<OffsetAnswer>> ListTopicOffsetsAsync(
        string topic, StartPosition position, CancellationToken cancellationToken = default)
    {
        TopicView view = await _metadata.GetTopicAsync(topic, cancellationToken).ConfigureAwait(false);
        IEnumerable<NamedPartition> partitions = Enumerable.Range(0, view.Partitions.Length).Select(number => new NamedPartition(topic, number));
        return await ListOffsetsAsync(partitions, position, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sizes and offsets of a topic's logs, each from the broker that leads the partition, by number.</summary>
    /// <remarks>One attempt at each leader: who cannot be asked is in the answer, with the reason.</remarks>
    /// <exception cref="RaftStreamException">There is no such topic, or no broker says who leads.</exception>
    public Task<IReadOnlyList<LeaderLog>> DescribeLeaderLogsAsync(string topic, CancellationToken cancellationToken = default) =>
        _logs.DescribeAsync(topic, cancellationToken);

    /// <summary>Sizes and offsets of the logs on the broker that answers, followed ones included.</summary>
    /// <param name="topics">None is all.</param>
    /// <exception cref="RaftStreamException">No broker answered.</exception>
    public async Task<IReadOnlyList<LogDescription>> DescribeLogsAsync(
        IEnumerable<string> topics, CancellationToken cancellationToken = default)
    {
        var request = new DescribeLogsRequest();
        request.Topics.AddRange(topics.Select(AdminMapping.ToRef));
        DescribeLogsResponse response = await CallAsync(
            static (client, request, options) => client.DescribeLogsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return [.. response.Logs.Select(AdminMapping.ToLog).OrderBy(log => log.Partition)];
    }

    /// <summary>The idempotent producers that a partition knows, by id: those that wrote to it within about a day.</summary>
    /// <exception cref="RaftStreamException">There is no such partition, or its leader did not answer.</exception>
    public Task<IReadOnlyList<ProducerDescription>> DescribeProducersAsync(
        NamedPartition partition, CancellationToken cancellationToken = default) => _producers.DescribeAsync(partition, cancellationToken);

    /// <summary>Makes the first replica of partitions lead, or, with a loss of records, any that is up.</summary>
    /// <param name="partitions">None is all; then those that need no election are not in the answer.</param>
    /// <param name="acceptsLoss">For partitions without a leader: elect a replica that may lack acknowledged records.</param>
    public async Task<IReadOnlyList<PartitionOutcome>> ElectLeadersAsync(
        IEnumerable<NamedPartition> partitions, bool acceptsLoss = false, CancellationToken cancellationToken = default)
    {
        var request = new ElectLeadersRequest { Type = acceptsLoss ? ElectionType.ElectionUnclean : ElectionType.ElectionPreferred };
        request.Partitions.AddRange(partitions.Select(one => new PartitionRef { Topic = AdminMapping.ToRef(one.Topic), Partition = one.Partition }));
        ElectLeadersResponse response = await CallAsync(
            static (client, request, options) => client.ElectLeadersAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return [.. response.Results.Select(ReassignmentMapping.ToOutcome)];
    }

    /// <summary>Begins to move partitions to other brokers; <see cref="ListReassignmentsAsync"/> tells when that has ended.</summary>
    /// <param name="moves">Partitions with the brokers that are to hold them, the preferred leader first.</param>
    /// <param name="allowReplicationFactorChange">Lets partitions have more or fewer replicas than before.</param>
    public Task<IReadOnlyList<PartitionOutcome>> ReassignAsync(
        IEnumerable<PartitionMove> moves, bool allowReplicationFactorChange = false, CancellationToken cancellationToken = default) =>
        AlterReassignmentsAsync(
            moves.Select(move => ReassignmentMapping.ToWire(move.Partition, move.Replicas)), allowReplicationFactorChange, cancellationToken);

    /// <summary>Gives partitions that are being moved back to the brokers that they came from.</summary>
    public Task<IReadOnlyList<PartitionOutcome>> CancelReassignmentsAsync(
        IEnumerable<NamedPartition> partitions, CancellationToken cancellationToken = default) =>
        AlterReassignmentsAsync(partitions.Select(one => ReassignmentMapping.ToWire(one, [])), allowReplicationFactorChange: false, cancellationToken);

    /// <summary>The partitions that are being moved now, by topic and number.</summary>
    /// <param name="topics">None is all.</param>
    /// <exception cref="RaftStreamException">E.g. there is no such topic.</exception>
    public async Task<IReadOnlyList<ReassignmentDescription>> ListReassignmentsAsync(
        IEnumerable<string> topics, CancellationToken cancellationToken = default)
    {
        var request = new ListPartitionReassignmentsRequest();
        request.Topics.AddRange(topics.Select(AdminMapping.ToRef));
        ListPartitionReassignmentsResponse response = await CallAsync(
            static (client, request, options) => client.ListPartitionReassignmentsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return [.. response.Reassignments.Select(ReassignmentMapping.ToDescription)];
    }

    /// <summary>What to move so that brokers are emptied or get their share, as little as that takes. Changes nothing: <see cref="ReassignAsync"/> does.</summary>
    /// <exception cref="RaftStreamException">E.g. too few brokers would be left.</exception>
    public async Task<IReadOnlyList<PlannedMove>> PlanReassignmentsAsync(ReassignmentWish wish, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wish);
        PlanPartitionReassignmentsResponse response = await CallAsync(
            static (client, request, options) => client.PlanPartitionReassignmentsAsync(request, options),
            ReassignmentMapping.ToWire(wish),
            cancellationToken).ConfigureAwait(false);
        return [.. response.Partitions.Select(ReassignmentMapping.ToPlanned)];
    }

    private async Task<IReadOnlyList<PartitionOutcome>> AlterReassignmentsAsync(
        IEnumerable<PartitionReassignment> partitions, bool allowReplicationFactorChange, CancellationToken cancellationToken)
    {
        var request = new AlterPartitionReassignmentsRequest { AllowReplicationFactorChange = allowReplicationFactorChange };
        request.Partitions.AddRange(partitions);
        AlterPartitionReassignmentsResponse response = await CallAsync(
            static (client, request, options) => client.AlterPartitionReassignmentsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return [.. response.Results.Select(ReassignmentMapping.ToOutcome)];
    }

    private int TimeoutMs => (int)Math.Min(_options.RequestTimeout.TotalMilliseconds, int.MaxValue);

    private async Task<IReadOnlyList<ConfigDescription>> DescribeConfigsAsync(ConfigResource resource, CancellationToken cancellationToken)
    {
        var request = new DescribeConfigsRequest();
        request.Resources.Add(resource);
        DescribeConfigsResponse response = await CallAsync(
            static (client, request, options) => client.DescribeConfigsAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        RpcErrors.ThrowIfFailed(response.Results[0].Error);
        return [.. response.Results[0].Entries.Select(AdminMapping.ToConfig).OrderBy(config => config.Key, StringComparer.Ordinal)];
    }

    private Task<GetMetadataResponse> GetMetadataAsync(IEnumerable<string> topics, CancellationToken cancellationToken)
    {
        var request = new GetMetadataRequest();
        request.Topics.AddRange(topics.Select(AdminMapping.ToRef));
        return _calls.Retries.ExecuteWithinAsync(
            token => _calls.CallFirstAsync(
                _metadata.Current.Endpoints.Values,
                static invoker => new V1.Admin.AdminClient(invoker),
                static (client, request, options) => client.GetMetadataAsync(request, options),
                request,
                stays: true,
                token),
            _options.OperationTimeout,
            cancellationToken);
    }

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        Func<V1.Admin.AdminClient, TRequest, CallOptions, AsyncUnaryCall<TResponse>> start,
        TRequest request,
        CancellationToken cancellationToken) =>
        _calls.Retries.ExecuteWithinAsync(
            token => _calls.CallAnyAsync(
                _metadata.Current.Endpoints.Values, static invoker => new V1.Admin.AdminClient(invoker), start, request, token),
            _options.OperationTimeout,
            cancellationToken);
}
