using System.Text;
using Google.Protobuf;
using RaftStream.Client.V1;
using RaftStream.Records;
using RaftStream.Rpc.Client;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration.Harness;

/// <summary>A client made of generated stubs only: it sends what it is told to, however wrong, and retries nothing.</summary>
internal sealed class ThinClient : IAsyncDisposable
{
    private readonly RpcChannel _channel;

    public ThinClient(BrokerProcess broker)
        : this(broker.Endpoint)
    {
    }

    /// <param name="endpoint">host:port.</param>
    public ThinClient(string endpoint)
    {
        _channel = RpcChannel.ForAddress(endpoint);
        Log = new Log.LogClient(_channel);
        Admin = new Admin.AdminClient(_channel);
    }

    /// <summary>Produce and consume.</summary>
    public Log.LogClient Log { get; }

    /// <summary>Topics.</summary>
    public Admin.AdminClient Admin { get; }

    private static DateTime Deadline => DateTime.UtcNow + Eventually.Patience;

    /// <summary>Creates a topic.</summary>
    /// <returns>What the broker says about it.</returns>
    public async Task<TopicResult> CreateTopicAsync(string name, int partitions = 1, params (string Key, string Value)[] configs)
    {
        var topic = new NewTopic { Name = name, Partitions = partitions };
        foreach ((string key, string value) in configs)
        {
            topic.Configs[key] = value;
        }

        CreateTopicsResponse response = await Admin.CreateTopicsAsync(new CreateTopicsRequest { Topics = { topic } }, deadline: Deadline);
        return Assert.Single(response.Results);
    }

    /// <summary>Produces records that the broker encodes.</summary>
    public async Task<ProduceResponse> ProduceAsync(string topic, int partition, params string[] values)
    {
        var request = new ProduceRequest { Topic = new TopicRef { Name = topic }, Partition = partition };
        request.Records.AddRange(values.Select(value => new Record { Value = ByteString.CopyFromUtf8(value) }));
        return await Log.ProduceAsync(request, deadline: Deadline);
    }

    /// <summary>Produces the bytes of a batch, right or wrong.</summary>
    public async Task<ProduceResponse> ProduceBatchAsync(string topic, int partition, byte[] batch)
    {
        var request = new ProduceRequest
        {
            Topic = new TopicRef { Name = topic },
            Partition = partition,
            Batch = ByteString.CopyFrom(batch),
        };
        return await Log.ProduceAsync(request, deadline: Deadline);
    }

    /// <summary>Reads a partition from the start to its high watermark.</summary>
    public async Task<List<Record>> ReadAllAsync(string topic, int partition)
    {
        var records = new List<Record>();
        while (true)
        {
            var from = new FetchPartition { Topic = new TopicRef { Name = topic }, Partition = partition, FetchOffset = records.Count };
            FetchResponse response = await Log.FetchAsync(
                new FetchRequest { Partitions = { from }, Format = RecordFormat.Records }, deadline: Deadline);
            PartitionRecords answer = Assert.Single(response.Partitions);
            Assert.Null(answer.Error);
            records.AddRange(answer.Records);
            if (records.Count >= answer.HighWatermark)
            {
                return records;
            }
        }
    }

    /// <summary>The headers of the batches at the front of a partition, as they are in the log.</summary>
    public async Task<List<RecordBatchHeader>> StoredBatchesAsync(string topic, int partition = 0)
    {
        var from = new FetchPartition { Topic = new TopicRef { Name = topic }, Partition = partition };
        FetchResponse response = await Log.FetchAsync(
            new FetchRequest { Partitions = { from }, Format = RecordFormat.Batches }, deadline: Deadline);
        var headers = new List<RecordBatchHeader>();
        ReadOnlyMemory<byte> rest = Assert.Single(response.Partitions).Batches.Memory;
        while (rest.Length > 0)
        {
            Assert.True(RecordBatchHeader.TryRead(rest.Span, out RecordBatchHeader header));
            headers.Add(header);
            rest = rest[header.SizeInBytes..];
        }

        return headers;
    }

    /// <summary>The point of every test of bad input: afterwards a new topic takes records and gives them back.</summary>
    public async Task MustBeServedAsync()
    {
        string topic = $"served-{Guid.NewGuid():N}";
        string[] values = ["one", "two", "three"];

        TopicResult created = await CreateTopicAsync(topic);
        Assert.Null(created.Error);
        ProduceResponse produced = await ProduceAsync(topic, 0, values);
        Assert.Null(produced.Error);
        List<Record> records = await ReadAllAsync(topic, 0);

        Assert.Equal(values, records.Select(record => record.Value.ToStringUtf8()));
    }

    /// <summary>A batch as a client would encode it.</summary>
    public static byte[] Batch(params string[] values)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = int.MaxValue });
        foreach (string value in values)
        {
            Assert.True(builder.TryAppend(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), OptionalBytes.Null, Encoding.UTF8.GetBytes(value)));
        }

        return builder.Build().ToArray();
    }

    public ValueTask DisposeAsync() => _channel.DisposeAsync();
}
