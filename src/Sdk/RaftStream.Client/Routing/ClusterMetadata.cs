using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>The client's view of the cluster: asked for when something is missing, stale or was wrong.</summary>
/// <remarks>
/// Thread-safe. Readers take <see cref="Current"/>; whoever is refused by a broker calls <see cref="RefreshAsync(CancellationToken)"/>. All who
/// ask while a refresh runs share it.
/// </remarks>
internal sealed class ClusterMetadata(RaftStreamClientOptions options, BrokerCalls calls)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _wanted = [];
    private volatile ClusterView _current = ClusterView.Empty;
    private long _refreshedAt;
    private long _askedAt;
    private Task<ClusterView>? _refreshing;

    /// <summary>What is known now; empty before the first refresh.</summary>
    public ClusterView Current => _current;

    /// <summary>True when the view is old enough to be asked for again although nothing failed.</summary>
    public bool IsStale => options.TimeProvider.GetElapsedTime(Volatile.Read(ref _refreshedAt)) > options.MetadataMaxAge;

    /// <summary>The topic; waits for as long as <see cref="RaftStreamClientOptions.UnknownTopicGrace"/> for one that nobody knows.</summary>
    /// <exception cref="RaftStreamException">The topic does not exist, or no broker can be reached.</exception>
    public ValueTask<TopicView> GetTopicAsync(string topic, CancellationToken cancellationToken) =>
        _current.Topics.TryGetValue(topic, out TopicView? known)
            ? ValueTask.FromResult(known)
            : new ValueTask<TopicView>(FindTopicAsync(topic, cancellationToken));

    /// <summary>Why <see cref="ClusterView.LeaderOf"/> knows no leader for a partition.</summary>
    public RaftStreamException WhyNoLeader(NamedPartition partition)
    {
        if (!_current.Topics.TryGetValue(partition.Topic, out TopicView? topic))
        {
            return UnknownTopic(partition.Topic);
        }

        return (uint)partition.Partition < (uint)topic.Partitions.Length
            ? topic.Partitions[partition.Partition].NoLeader(partition)
            : NoPartition(partition, topic.Partitions.Length);
    }

    /// <summary>The failure of asking for a partition that does not exist.</summary>
    public static RaftStreamException NoPartition(NamedPartition partition, int partitionCount) => new(
        ErrorCode.InvalidPartitions,
        $"There is no partition {partition.Partition}: topic \"{partition.Topic}\" has partitions 0 to {partitionCount - 1}.");

    /// <summary>The failure of asking for a topic that does not exist.</summary>
    public static RaftStreamException UnknownTopic(string topic) => new(
        ErrorCode.UnknownTopicOrPartition, $"There is no topic \"{topic}\": create it first, or check the name.");

    /// <summary>Asks any broker for news of these topics, and of all others in use, once.</summary>
    /// <exception cref="RaftStreamException">A name is not allowed, or no broker answered.</exception>
    public async Task<ClusterView> RefreshAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        if (Want(topics, out Task? sharedWithoutThem))
        {
            // A refresh that is under way was asked before these topics were wanted: its answer says nothing about them.
            await sharedWithoutThem.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return await RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks any broker for news of the topics in use, once.</summary>
    /// <exception cref="RaftStreamException">No broker answered.</exception>
    public Task<ClusterView> RefreshAsync(CancellationToken cancellationToken)
    {
        Task<ClusterView> refreshing;
        lock (_gate)
        {
            if (_refreshing is null || _refreshing.IsCompleted)
            {
                // Shared by all who ask, so no single caller's token may cancel it: it has a deadline of its own.
                _refreshing = RefreshOnceAsync();
            }

            refreshing = _refreshing;
        }

        return refreshing.WaitAsync(cancellationToken);
    }

    /// <summary>Has metadata asked for in the background, unless that happened less than <paramref name="interval"/> ago, or happens now.</summary>
    public void RefreshSoon(TimeSpan interval)
    {
        lock (_gate)
        {
            if (_refreshing is { IsCompleted: false } || options.TimeProvider.GetElapsedTime(_askedAt) < interval)
            {
                return;
            }

            _refreshing = RefreshOnceAsync();

            // Who needs the answer looks at what is known; a failure is looked at by whoever asks next.
            _ = _refreshing.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private Task<TopicView> FindTopicAsync(string topic, CancellationToken cancellationToken) =>
        calls.Retries.ExecuteAsync(token => RefreshTopicAsync(topic, token), options.UnknownTopicGrace, cancellationToken);

    private async Task<TopicView> RefreshTopicAsync(string topic, CancellationToken cancellationToken)
    {
        ClusterView view = await RefreshAsync([topic], cancellationToken).ConfigureAwait(false);
        return view.Topics.TryGetValue(topic, out TopicView? found) ? found : throw UnknownTopic(topic);
    }

    /// <summary>Adds topics to those asked for; true when some are new and a refresh is under way.</summary>
    private bool Want(IReadOnlyList<string> topics, [NotNullWhen(true)] out Task? underWay)
    {
        foreach (string topic in topics)
        {
            if (TopicName.Problem(topic) is { } problem)
            {
                throw new RaftStreamException(ErrorCode.InvalidTopicException, problem);
            }
        }

        lock (_gate)
        {
            int before = _wanted.Count;
            _wanted.UnionWith(topics);
            underWay = _wanted.Count > before && _refreshing is { IsCompleted: false } ? _refreshing : null;
            return underWay is not null;
        }
    }

    private async Task<ClusterView> RefreshOnceAsync()
    {
        var request = new GetMetadataRequest();
        lock (_gate)
        {
            _askedAt = options.TimeProvider.GetTimestamp();
            request.Topics.AddRange(_wanted.Order(StringComparer.Ordinal).Select(name => new TopicRef { Name = name }));
        }

        GetMetadataResponse response = await calls.CallFirstAsync(
            _current.Endpoints.Values,
            static invoker => new V1.Admin.AdminClient(invoker),
            static (client, request, callOptions) => client.GetMetadataAsync(request, callOptions),
            request,
            stays: false,
            CancellationToken.None).ConfigureAwait(false);
        ClusterView view = ViewOf(response).NotOlderThan(_current);
        _current = view;
        Volatile.Write(ref _refreshedAt, options.TimeProvider.GetTimestamp());
        return view;
    }

    private static ClusterView ViewOf(GetMetadataResponse response)
    {
        var topics = ImmutableDictionary.CreateBuilder<string, TopicView>(StringComparer.Ordinal);
        foreach (V1.Topic topic in response.Topics)
        {
            if (RpcErrors.ToException(topic.Error) is null)
            {
                topics[topic.Topic_.Name] = ViewOf(topic);
            }
        }

        var endpoints = response.Brokers.Where(broker => !broker.Fenced)
            .ToImmutableDictionary(broker => broker.NodeId, broker => broker.Endpoint);
        return new ClusterView(response.ClusterId, endpoints, topics.ToImmutable());
    }

    private static TopicView ViewOf(V1.Topic topic)
    {
        var partitions = new PartitionView[topic.Partitions.Count];
        Array.Fill(partitions, new PartitionView(NodeId.None, LeaderEpoch.Unknown));
        foreach (V1.Partition partition in topic.Partitions)
        {
            if ((uint)partition.Partition_ < (uint)partitions.Length)
            {
                partitions[partition.Partition_] =
                    new PartitionView(
                        new NodeId(partition.Leader),
                        new LeaderEpoch(partition.LeaderEpoch),
                        partition.Leader < 0 && partition.Error is { Message.Length: > 0 } error ? error.Message : null);
            }
        }

        return new TopicView(topic.Topic_.Name, TopicIds.FromWire(topic.Topic_.Id), ImmutableArray.Create(partitions));
    }
}
