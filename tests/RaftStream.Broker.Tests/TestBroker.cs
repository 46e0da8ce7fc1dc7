using System.Buffers;
using System.Text;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

/// <summary>A broker node over a file system of the test's choice, with short words for what clients do.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    public const string Folder = "/data";

    private TestBroker(BrokerNode node, IFileSystem files, BrokerOptions options)
    {
        Node = node;
        Files = files;
        Options = options;
    }

    public BrokerNode Node { get; }

    public IFileSystem Files { get; }

    public BrokerOptions Options { get; }

    public BrokerApi Api => Node.Api ?? throw new InvalidOperationException(Node.NotReadyReason);

    public static BrokerOptions DefaultOptions { get; } = new() { DataDirectory = Folder, Seed = 7 };

    public static async Task<TestBroker> StartAsync(
        IFileSystem? files = null, BrokerOptions? options = null, TimeProvider? time = null)
    {
        files ??= new MemoryFileSystem();
        options ??= DefaultOptions;
        var node = new BrokerNode(options, files, time);
        await node.StartAsync([new BrokerEndpoint("GRPC", "127.0.0.1", 9090)]);
        return new TestBroker(node, files, options);
    }

    /// <summary>Another process on the same folder, after this one is gone.</summary>
    public Task<TestBroker> RestartAsync() => StartAsync(Files, Options);

    public async Task<BrokerPartition> CreateAsync(
        string topic, int partitions = 1, params (string Key, string Value)[] configs)
    {
        var outcomes = await Api.Admin.CreateTopicsAsync(
            [
                new NewTopic
                {
                    Name = topic,
                    Partitions = partitions,
                    Configs = ConfigsImage.NoValues.AddRange(configs.Select(c => KeyValuePair.Create(c.Key, c.Value))),
                },
            ],
            validateOnly: false);
        Assert.Null(outcomes.Single().Error);
        return Find(topic);
    }

    public BrokerPartition Find(string topic, int partition = 0)
    {
        Assert.True(Api.TryFind(Encoding.UTF8.GetBytes(topic), TopicId.None, partition, out BrokerPartition found, out var error), error?.Message);
        return found;
    }

    public static ReadOnlySequence<byte> Batch(params string[] values) => Batch(1000, values);

    public static ReadOnlySequence<byte> Batch(long timestampMs, params string[] values)
    {
        using var builder = new RecordBatchBuilder(new RecordBatchBuilderOptions { BatchBytes = 1 << 30 });
        foreach (string value in values)
        {
            Assert.True(builder.TryAppend(timestampMs, OptionalBytes.Null, Encoding.UTF8.GetBytes(value)));
        }

        return new ReadOnlySequence<byte>(builder.Build().ToArray());
    }

    public async Task<ProduceResult> ProduceAsync(
        BrokerPartition partition, ReadOnlySequence<byte> batch, RequiredAcks acks = RequiredAcks.All, int timeoutMs = 0)
    {
        var call = new ProduceCall();
        ValueTask<ProduceResult> answer = call.BeginAsync();
        await Api.ProduceAsync(new ProduceCommand
        {
            Partition = partition,
            Batch = batch,
            Acks = acks,
            TimeoutMs = timeoutMs,
            Sink = call,
            Ticket = call.Ticket,
        });
        return await answer;
    }

    public async Task<Offset> AppendAsync(BrokerPartition partition, params string[] values)
    {
        ProduceResult result = await ProduceAsync(partition, Batch(values));
        Assert.Equal(ErrorCode.None, result.Error);
        return result.BaseOffset;
    }

    public async Task<Offset> AppendAtAsync(BrokerPartition partition, long timestampMs, params string[] values)
    {
        ProduceResult result = await ProduceAsync(partition, Batch(timestampMs, values));
        Assert.Equal(ErrorCode.None, result.Error);
        return result.BaseOffset;
    }

    /// <summary>Everything from an offset on, as values.</summary>
    public async Task<List<string>> ReadAsync(BrokerPartition partition, long from = 0)
    {
        var values = new List<string>();
        FetchSession fetch = Api.NewFetch();
        Offset at = new(from);
        while (true)
        {
            fetch.Clear();
            fetch.Add(partition, FetchPosition.At(at));
            await fetch.ReadAsync(maxWaitMs: 0, minBytes: 1, maxBytes: 0, default);
            Assert.Equal(ErrorCode.None, fetch[0].Error);
            if (fetch[0].Slice.IsEmpty)
            {
                fetch.Clear();
                return values;
            }

            values.AddRange(Values(fetch[0]));
            at = fetch[0].Slice.NextOffset;
        }
    }

    public static List<string> Values(PartitionRead read)
    {
        var values = new List<string>();
        byte[] bytes = new byte[read.Slice.Length];
        Assert.Equal(bytes.Length, read.Slice.CopyTo(bytes, 0));
        using var reader = new RecordBatchReader();
        ReadOnlySpan<byte> left = bytes;
        while (!left.IsEmpty)
        {
            Assert.True(reader.Open(left, out RecordBatchHeader header, out RecordEnumerator records).IsValid);
            while (records.MoveNext())
            {
                values.Add(Encoding.UTF8.GetString(records.Current.Value.Span));
            }

            left = left[header.SizeInBytes..];
        }

        return values;
    }

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
