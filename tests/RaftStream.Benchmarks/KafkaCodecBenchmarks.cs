using System.Buffers;
using BenchmarkDotNet.Attributes;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Benchmarks;

/// <summary>
/// The Kafka codec's share of a Produce and of a Fetch, per request: frame, header and body. Record bytes are passed by, so their size is no
/// matter; what counts is the number of partitions.
/// </summary>
[Config(typeof(QuickInProcess))]
public class KafkaCodecBenchmarks
{
    private const short ProduceVersion = 12;
    private const short FetchVersion = 16;
    private const int BatchBytes = 4096;

    private readonly StringCache _strings = new();
    private readonly ProduceRequest _produce = new();
    private readonly ProduceResponse _produced = new();
    private readonly FetchRequest _fetch = new();
    private readonly FetchResponse _fetched = new();
    private readonly FrameHoles _holes = new();
    private readonly object _file = new();
    private readonly ArrayBufferWriter<byte> _output = new(1 << 20);
    private ReadOnlySequence<byte> _produceFrame;
    private ReadOnlySequence<byte> _producePieces;
    private ReadOnlySequence<byte> _fetchFrame;

    [Params(1, 10)]
    public int Partitions { get; set; }

    [GlobalSetup]
    public void WriteFrames()
    {
        var produce = new ProduceRequest { Acks = -1, TimeoutMs = 30_000 };
        var fetch = new FetchRequest { MaxWaitMs = 500, MinBytes = 1 };
        ProduceRequest.TopicProduceData topic = produce.TopicData.Add();
        topic.Name = "orders";
        FetchRequest.FetchTopic fetchTopic = fetch.Topics.Add();
        fetchTopic.TopicId = new Guid("11112222-3333-4444-5555-666677778888");
        for (int index = 0; index < Partitions; index++)
        {
            ProduceRequest.PartitionProduceData partition = topic.PartitionData.Add();
            (partition.Index, partition.Records) = (index, new WireBytes(new byte[BatchBytes]));
            fetchTopic.Partitions.Add().Partition = index;
        }

        byte[] bytes = Frame(produce, ApiKey.Produce, ProduceVersion);
        _produceFrame = new ReadOnlySequence<byte>(bytes);
        _producePieces = RecordBatchBenchmarks.Cut(bytes);
        _fetchFrame = new ReadOnlySequence<byte>(Frame(fetch, ApiKey.Fetch, FetchVersion));
    }

    [Benchmark]
    public int DecodeProduceRequest() => Decode(_produceFrame, _produce);

    [Benchmark]
    public int DecodeProduceRequestInPieces() => Decode(_producePieces, _produce);

    [Benchmark]
    public int EncodeProduceResponse()
    {
        _produced.Reset();
        ProduceResponse.TopicProduceResponse topic = _produced.Responses.Add();
        topic.Name = "orders";
        for (int index = 0; index < Partitions; index++)
        {
            ProduceResponse.PartitionProduceResponse partition = topic.PartitionResponses.Add();
            (partition.Index, partition.BaseOffset, partition.LogStartOffset) = (index, 1_000_000, 0);
        }

        return Encode(_produced, ProduceVersion);
    }

    [Benchmark]
    public int DecodeFetchRequest() => Decode(_fetchFrame, _fetch);

    [Benchmark]
    public int EncodeFetchResponse()
    {
        _fetched.Reset();
        FetchResponse.FetchableTopicResponse topic = _fetched.Responses.Add();
        topic.TopicId = new Guid("11112222-3333-4444-5555-666677778888");
        for (int index = 0; index < Partitions; index++)
        {
            FetchResponse.PartitionData partition = topic.Partitions.Add();
            (partition.PartitionIndex, partition.HighWatermark, partition.LastStableOffset) = (index, 1_000_000, 1_000_000);
            partition.Records = WireBytes.Hole(1 << 20, _file);
        }

        return Encode(_fetched, FetchVersion);
    }

    private int Decode(ReadOnlySequence<byte> input, IKafkaMessage message)
    {
        KafkaFrame.TryRead(ref input, int.MaxValue, out ReadOnlySequence<byte> frame);
        var reader = new KafkaReader(frame, strings: _strings);
        RequestHeader header = RequestHeader.Read(ref reader);
        message.Read(ref reader, header.ApiVersion);
        reader.CheckEnd("request");
        int consumed = reader.Consumed;
        message.Reset();
        return consumed;
    }

    private int Encode(IKafkaMessage message, short version)
    {
        _output.ResetWrittenCount();
        _holes.Clear();
        return KafkaFrame.WriteResponse(_output, message, version, correlationId: 1, _holes);
    }

    private static byte[] Frame(IKafkaMessage body, ApiKey key, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteRequest(output, body, new RequestHeader((short)key, version, 1, "bench"));
        return output.WrittenSpan.ToArray();
    }
}
