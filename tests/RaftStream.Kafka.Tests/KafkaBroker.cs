using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using RaftStream.Broker;
using RaftStream.Broker.Producing;
using RaftStream.Kafka.Protocol;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;
using RaftStream.Storage.Files;

namespace RaftStream.Kafka.Tests;

/// <summary>A broker in memory, and Kafka requests to it.</summary>
internal sealed class KafkaBroker : IAsyncDisposable
{
    /// <summary>The listener that its clients came by.</summary>
    public const string Listener = "PLAINTEXT";

    private KafkaBroker(BrokerNode node, KafkaClusterAccess? cluster)
    {
        Node = node;
        Cluster = cluster;
    }

    public BrokerNode Node { get; }

    public BrokerApi Api => Node.Api!;

    /// <summary>What the handlers know of the quorum; null is nothing.</summary>
    public KafkaClusterAccess? Cluster { get; init; }

    public static BrokerOptions Options => new() { DataDirectory = "/data", Seed = 7, Rack = "zone-a" };

    public static async Task<KafkaBroker> StartAsync(BrokerOptions? options = null, KafkaClusterAccess? cluster = null, IFileSystem? files = null)
    {
        var node = new BrokerNode(options ?? Options, files ?? new MemoryFileSystem());
        await node.StartAsync([KafkaEndpoints.Of(Listener, "broker.example", 9092), KafkaEndpoints.Of("DOCKER", "kafka", 29092)]);
        return new KafkaBroker(node, cluster);
    }

    /// <summary>Has a request answered in a version.</summary>
    public Task<TResponse> CallAsync<TResponse>(IKafkaMessage request, int version, string listener = Listener)
        where TResponse : class, IKafkaMessage, new() =>
        HandlerCalls.CallAsync<TResponse>(Api, request, (short)version, Cluster, listener);

    /// <summary>Creates a topic behind the door's back.</summary>
    /// <returns>Its id.</returns>
    public async Task<Guid> CreateAsync(string topic, int partitions = 1, params (string Key, string Value)[] configs)
    {
        ImmutableArray<TopicOutcome> outcomes = await Api.Admin.CreateTopicsAsync(
            [
                new NewTopic
                {
                    Name = topic,
                    Partitions = partitions,
                    Configs = ConfigsImage.NoValues.AddRange(configs.Select(config => KeyValuePair.Create(config.Key, config.Value))),
                },
            ],
            validateOnly: false);
        Assert.Null(outcomes.Single().Error);
        return outcomes.Single().Topic.Id.Value;
    }

    /// <summary>Appends a batch behind the door's back; it is acknowledged when the task completes.</summary>
    public Task AppendAsync(string topic, int partition, params string[] values) => AppendAsAsync(null, topic, partition, values);

    /// <summary>Appends a batch of an idempotent producer.</summary>
    public async Task AppendAsAsync((long Id, short Epoch, int Sequence)? producer, string topic, int partition, params string[] values)
    {
        Assert.True(Api.TryFind(Encoding.UTF8.GetBytes(topic), TopicId.None, partition, out BrokerPartition found, out _));
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = 1 << 20 });
        if (producer is { } who)
        {
            builder.SetProducer(who.Id, who.Epoch, who.Sequence);
        }

        foreach (string value in values)
        {
            Assert.True(builder.TryAppend(1000, OptionalBytes.Null, Encoding.UTF8.GetBytes(value)));
        }

        var call = new ProduceCall();
        ValueTask<ProduceResult> answer = call.BeginAsync();
        await Api.ProduceAsync(new ProduceCommand
        {
            Partition = found,
            Batch = new ReadOnlySequence<byte>(builder.Build().ToArray()),
            Acks = RequiredAcks.All,
            Sink = call,
            Ticket = call.Ticket,
        });
        Assert.Equal(ErrorCode.None, (await answer).Error);
    }

    /// <summary>The topic as the metadata has it; null when there is none.</summary>
    public TopicImage? Find(string topic) => Api.Image.Topics.Find(topic);

    public ValueTask DisposeAsync() => Node.DisposeAsync();

    /// <summary>The number of an error, as it stands in answers.</summary>
    public static short Code(ErrorCode error) => (short)error;
}
