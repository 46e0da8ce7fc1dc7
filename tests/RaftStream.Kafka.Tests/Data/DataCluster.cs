using System.Collections.Immutable;
using RaftStream.Broker;
using RaftStream.Broker.Tests;
using RaftStream.Broker.Tests.Clusters;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>Brokers 2, 3 and 4 of one cluster, each in a rack of its own, and a topic on them.</summary>
internal sealed class DataCluster : IAsyncDisposable
{
    private readonly SmallCluster _cluster;
    private readonly Dictionary<int, BrokerNode> _nodes = [];

    private DataCluster(SmallCluster cluster) => _cluster = cluster;

    /// <summary>The topic's id.</summary>
    public Guid Orders { get; private set; }

    /// <summary>A broker's API.</summary>
    public BrokerApi this[int id] => _nodes[id].Api!;

    /// <summary>Opens it with "orders": a partition for each list of replicas, its leader first.</summary>
    public static async Task<DataCluster> OpenAsync(params int[][] replicas)
    {
        var cluster = new DataCluster(await SmallCluster.StartAsync(brokerSessionMs: 500));
        cluster._cluster.Change = options => options with { Rack = $"rack-{options.NodeId}", ReplicaSelector = ReplicaSelector.Rack };
        for (int id = 2; id <= 4; id++)
        {
            BrokerNode node = await cluster._cluster.BrokerAsync(id);
            await node.StartAsync([KafkaEndpoints.Of(KafkaBroker.Listener, $"broker-{id}", 9000 + id), cluster._cluster.ReplicaEndpointOf(node)]);
            cluster._nodes[id] = node;
        }

        await cluster.CreateAsync(replicas);
        return cluster;
    }

    /// <summary>Appends where the leader is; done when all in sync have it.</summary>
    public async Task AppendAsync(int leader, int partition, params string[] values)
    {
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 30_000 };
        ProduceTests.Add(request, "orders", default, 9, (partition, Batches.Of(values)));
        Assert.Equal(0, ProduceTests.Only(await this[leader].AskAsync<ProduceResponse>(request, 9)).ErrorCode);
    }

    /// <summary>The epoch of a partition's leader as a broker knows it.</summary>
    public int EpochOf(int broker, int partition) => this[broker].Image.Topics.Find("orders")!.Partitions[partition].LeaderEpoch.Value;

    /// <summary>Ends a broker as a crash would; done when these others know that it leads a partition no more.</summary>
    public async Task CrashAsync(int id, int partition, int[] others)
    {
        await _cluster.CrashAsync(_nodes[id]);
        foreach (int other in others)
        {
            await Eventually.TrueAsync(() => this[other].Image.Topics.Find("orders")!.Partitions[partition].Leader.Value != id);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private async Task CreateAsync(int[][] replicas)
    {
        ImmutableArray<TopicOutcome> outcomes = await this[2].Admin.CreateTopicsAsync(
            [
                new NewTopic
                {
                    Name = "orders",
                    Assignments = replicas.Index().ToImmutableSortedDictionary(
                        one => one.Index, one => one.Item.Select(id => new NodeId(id)).ToImmutableArray()),
                },
            ],
            validateOnly: false);
        Assert.Null(outcomes.Single().Error);
        Orders = outcomes.Single().Topic.Id.Value;
        long end = this[2].Image.EndOffset;
        await Task.WhenAll(_nodes.Values.Select(node => node.Api!.WaitForMetadataAsync(end, default)));
    }
}
