using System.Collections.Concurrent;
using Google.Protobuf;
using RaftStream.Client.Routing;
using RaftStream.Client.V1;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Tests.Fakes;

/// <summary>A cluster in memory whose brokers do what a test says. Node n is at "node-n:9090".</summary>
internal sealed class FakeCluster : IBrokerConnector
{
    private readonly ConcurrentDictionary<string, FakeBroker> _brokers = new();

    public FakeCluster(int brokers = 1)
    {
        for (int node = 1; node <= brokers; node++)
        {
            _brokers[EndpointOf(node)] = new FakeBroker(this, node);
        }
    }

    /// <summary>Topics by name: an id and the partitions' logs.</summary>
    public ConcurrentDictionary<string, (TopicId Id, FakeLog[] Logs)> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>What brokers answer to produce requests; null is "append".</summary>
    public Func<FakeProduce, FakeProduceAnswer>? OnProduce { get; set; }

    /// <summary>An error for an offset that is about to be read; null is none.</summary>
    public Func<NamedPartition, long, ErrorCode>? OnFetch { get; set; }

    /// <summary>Where to tell a reader that its log was cut; null is nowhere.</summary>
    public Func<FetchPartition, long?>? OnDivergence { get; set; }

    /// <summary>Whom a broker names to read a partition from, for a rack; null is nobody. A reader with a rack is served by any broker.</summary>
    public Func<int, string, int?>? OnReadFrom { get; set; }

    /// <summary>What a broker says of the cluster instead of the truth; null is the truth.</summary>
    public Func<int, GetMetadataResponse, GetMetadataResponse>? OnMetadata { get; set; }

    /// <summary>Why a broker gives no producer id; null is that it gives one.</summary>
    public Func<int, ErrorCode>? OnInitProducerId { get; set; }

    /// <summary>Producer ids given.</summary>
    public int ProducerIds => _producerIds;

    private int _producerIds;

    /// <summary>Metadata requests answered.</summary>
    public int MetadataRequests => _metadataRequests;

    private int _metadataRequests;

    public FakeBroker this[int node] => _brokers.Values.Single(broker => broker.Node == node);

    public static string EndpointOf(int node) => $"node-{node}:9090";

    /// <summary>A broker comes back under another address; at the old one nobody is any more.</summary>
    public void Move(int node, string endpoint)
    {
        FakeBroker old = this[node];
        old.Stop();
        _brokers[endpoint] = new FakeBroker(this, node) { Endpoint = endpoint };
        _brokers.TryRemove(old.Endpoint, out _);
    }

    public FakeLog[] AddTopic(string name, int partitions = 1)
    {
        FakeLog[] logs = [.. Enumerable.Range(0, partitions).Select(_ => new FakeLog())];
        Topics[name] = (new TopicId(Guid.NewGuid()), logs);
        return logs;
    }

    public RaftStreamClient Connect(TimeProvider? time = null, Func<RaftStreamClientOptions, RaftStreamClientOptions>? change = null)
    {
        var options = new RaftStreamClientOptions
        {
            BootstrapEndpoints = [.. _brokers.Keys.Order(StringComparer.Ordinal)],
            RetryBackoff = TimeSpan.FromMilliseconds(1),
            RetryBackoffMax = TimeSpan.FromMilliseconds(5),
            UnknownTopicGrace = TimeSpan.Zero,
            TimeProvider = time ?? TimeProvider.System,
        };
        return new RaftStreamClient(change is null ? options : change(options), this);
    }

    BrokerChannel IBrokerConnector.Connect(string endpoint)
    {
        FakeBroker broker = _brokers.GetValueOrDefault(endpoint) ?? Nobody();
        return new BrokerChannel(endpoint, broker, broker, broker.CloseAsync);
    }

    private FakeBroker Nobody()
    {
        var nobody = new FakeBroker(this, -1);
        nobody.Stop();
        return nobody;
    }

    public (string Name, FakeLog Log)? Find(TopicRef topic, int partition)
    {
        foreach ((string name, (TopicId id, FakeLog[] logs)) in Topics)
        {
            if ((topic.Name == name || topic.Id.Span.SequenceEqual(id.Value.ToByteArray(bigEndian: true))) && (uint)partition < (uint)logs.Length)
            {
                return (name, logs[partition]);
            }
        }

        return null;
    }

    public GetMetadataResponse Metadata(int node, GetMetadataRequest request)
    {
        Interlocked.Increment(ref _metadataRequests);
        var response = new GetMetadataResponse { ClusterId = "fake", ControllerId = 1 };
        response.Brokers.AddRange(_brokers.Values.OrderBy(broker => broker.Node)
            .Select(broker => new V1.Broker { NodeId = broker.Node, Endpoint = broker.Endpoint }));
        IEnumerable<string> names = request.Topics.Count == 0 ? Topics.Keys : request.Topics.Select(topic => topic.Name);
        response.Topics.AddRange(names.Order(StringComparer.Ordinal).Select(Describe));
        return OnMetadata?.Invoke(node, response) ?? response;
    }

    public InitProducerIdResponse InitProducerId(int node)
    {
        ErrorCode error = OnInitProducerId?.Invoke(node) ?? ErrorCode.None;
        return error == ErrorCode.None
            ? new InitProducerIdResponse { ProducerId = 1000 + Interlocked.Increment(ref _producerIds) }
            : new InitProducerIdResponse { ProducerId = -1, ProducerEpoch = -1, Error = ErrorOf(error) };
    }

    public static Error? ErrorOf(ErrorCode code) =>
        code == ErrorCode.None ? null : new Error { Code = (int)code, Name = code.KafkaName(), Message = "as the test wants" };

    private V1.Topic Describe(string name)
    {
        if (!Topics.TryGetValue(name, out var topic))
        {
            return new V1.Topic { Topic_ = new TopicRef { Name = name }, Error = ErrorOf(ErrorCode.UnknownTopicOrPartition) };
        }

        var described = new V1.Topic { Topic_ = new TopicRef { Name = name, Id = ByteString.CopyFrom(topic.Id.Value.ToByteArray(bigEndian: true)) } };
        described.Partitions.AddRange(topic.Logs.Select((log, number) => new V1.Partition
        {
            Partition_ = number,
            Leader = log.Leader,
            LeaderEpoch = log.LeaderEpoch,
        }));
        return described;
    }
}

/// <summary>One produce request that reached a broker.</summary>
/// <param name="Answer">Does something with it.</param>
/// <param name="Reply">Says that it is stored at an offset, or why not: the test has appended it.</param>
internal sealed record FakeProduce(
    int Node, NamedPartition Partition, FakeLog Log, byte[] Batch, Acks Acks, Action<FakeProduceAnswer> Answer, Action<long, ErrorCode> Reply)
{
    /// <summary>Its header: who wrote it, and which of their records it holds.</summary>
    public RecordBatchHeader Header => RecordBatchHeader.TryRead(Batch, out RecordBatchHeader header) ? header : throw new InvalidOperationException();

    /// <summary>Its records as text.</summary>
    public IReadOnlyList<string> Values
    {
        get
        {
            var log = new FakeLog();
            log.Append(Batch.ToArray());
            return log.Values();
        }
    }
}

/// <summary>What a broker does with a produce request.</summary>
internal enum FakeProduceAnswer
{
    /// <summary>Appends and says so.</summary>
    Append,

    /// <summary>Refuses: not the leader.</summary>
    NotLeader,

    /// <summary>Says that it took too long; what it did is open.</summary>
    TimedOut,

    /// <summary>Refuses before it appends: too few replicas are in sync.</summary>
    TooFewReplicas,

    /// <summary>Appends, and says that it took too long.</summary>
    AppendAndTimeOut,

    /// <summary>Says that it is in the log, and not where.</summary>
    DuplicateSequence,

    /// <summary>Says that the producer has a later epoch.</summary>
    OldEpoch,

    /// <summary>Refuses for good.</summary>
    Invalid,

    /// <summary>Appends and breaks the connection before it says so.</summary>
    AppendAndBreak,

    /// <summary>Breaks the connection.</summary>
    Break,

    /// <summary>Says nothing for now; the test answers later.</summary>
    Hold,
}
