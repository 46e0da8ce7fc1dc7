using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Grpc.Tests;

public class ProduceTests
{
    [Fact]
    public async Task A_batch_gets_its_offsets()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");

        ProduceResponse first = await door.ProduceAsync("orders", "a", "b");
        ProduceResponse second = await door.ProduceAsync("orders", "c");

        Assert.Null(first.Error);
        Assert.Equal(0, first.BaseOffset);
        Assert.Equal(2, second.BaseOffset);
        Assert.Equal(-1, second.LogAppendTimeMs);
    }

    [Fact]
    public async Task G_3_4_what_an_idempotent_producer_sends_again_is_in_the_log_once()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        InitProducerIdResponse identity = await door.Log.InitProducerIdAsync(new InitProducerIdRequest());
        Assert.Null(identity.Error);
        using var builder = new RecordBatchBuilder();
        builder.SetProducer(identity.ProducerId, (short)identity.ProducerEpoch, baseSequence: 0);
        Assert.True(builder.TryAppend(1000, OptionalBytes.Null, "a"u8));
        var request = new ProduceRequest { Topic = Door.Named("orders"), Batch = ByteString.CopyFrom(builder.Build().Span) };

        ProduceResponse first = await door.Log.ProduceAsync(request);
        await door.ProduceAsync("orders", "b");
        ProduceResponse again = await door.Log.ProduceAsync(request);

        Assert.Null(first.Error);
        Assert.Null(again.Error);
        Assert.Equal(first.BaseOffset, again.BaseOffset);
        Assert.Equal(2, (await door.ProduceAsync("orders", "c")).BaseOffset);
        Assert.NotEqual(identity.ProducerId, (await door.Log.InitProducerIdAsync(new InitProducerIdRequest())).ProducerId);
    }

    [Fact]
    public async Task The_producers_of_a_partition_are_described()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        using var builder = new RecordBatchBuilder();
        builder.SetProducer(77, producerEpoch: 3, baseSequence: 0);
        Assert.True(builder.TryAppend(1000, OptionalBytes.Null, "a"u8));
        Assert.True(builder.TryAppend(1000, OptionalBytes.Null, "b"u8));
        await door.Log.ProduceAsync(new ProduceRequest { Topic = Door.Named("orders"), Batch = ByteString.CopyFrom(builder.Build().Span) });
        await door.ProduceAsync("orders", "written by nobody in particular");

        DescribeProducersResponse described = await door.Admin.DescribeProducersAsync(new DescribeProducersRequest
        {
            Partitions =
            {
                new PartitionRef { Topic = Door.Named("orders") },
                new PartitionRef { Topic = Door.Named("orders"), Partition = 9 },
                new PartitionRef { Topic = Door.Named("nothing") },
            },
        });

        Assert.Equal(3, described.Partitions.Count);
        Assert.Null(described.Partitions[0].Error);
        ActiveProducer producer = Assert.Single(described.Partitions[0].Producers);
        Assert.Equal((77, 3, 1), (producer.ProducerId, producer.ProducerEpoch, producer.LastSequence));
        Assert.Equal((-1, -1), (producer.CoordinatorEpoch, producer.CurrentTxnStartOffset));
        Assert.True(producer.LastTimestampMs > 1_500_000_000_000);
        Assert.All(described.Partitions.Skip(1), refused => Assert.Equal((int)ErrorCode.UnknownTopicOrPartition, refused.Error.Code));
        Assert.All(described.Partitions.Skip(1), refused => Assert.Empty(refused.Producers));
    }

    [Theory]
    [InlineData(Acks.All)]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.None)]
    public async Task Every_kind_of_acknowledgement_is_answered_outside_a_stream(Acks acks)
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");

        ProduceResponse response = await door.Log.ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("a"), Acks = acks, CorrelationId = 9 });

        Assert.Null(response.Error);
        Assert.Equal(9ul, response.CorrelationId);
    }

    [Fact]
    public async Task Decoded_records_are_encoded_by_the_broker()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders");
        var sent = new Client.V1.Record
        {
            TimestampMs = 1234,
            Key = ByteString.CopyFromUtf8("k"),
            Value = ByteString.CopyFromUtf8("v"),
            Headers = { new Header { Key = "h", Value = ByteString.CopyFromUtf8("x") }, new Header { Key = "null" } },
        };

        ProduceResponse response = await door.Log.ProduceAsync(
            new ProduceRequest { Topic = Door.Named("orders"), Records = { sent, new Client.V1.Record() } });

        Assert.Null(response.Error);
        FetchResponse fetched = await door.Log.FetchAsync(new FetchRequest
        {
            Partitions = { new FetchPartition { Topic = Door.Named("orders") } },
            Format = RecordFormat.Records,
        });
        var records = fetched.Partitions.Single().Records;
        Assert.Equal(sent, records[0]);
        Assert.Equal(1, records[1].Offset);
        Assert.False(records[1].HasKey);
        Assert.False(records[1].HasValue);
        Assert.True(records[1].TimestampMs > 0);
    }

    [Fact]
    public async Task The_broker_chooses_the_partition_of_a_key_as_kafkas_clients_do()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders", partitions: 5);

        ProduceResponse response = await door.Log.ProduceAsync(new ProduceRequest
        {
            Topic = Door.Named("orders"),
            Partition = -1,
            Records = { new Client.V1.Record { Key = ByteString.CopyFromUtf8("21") } },
        });

        Assert.Null(response.Error);
        Assert.Equal((-973932308 & int.MaxValue) % 5, response.Partition);
    }

    [Fact]
    public async Task Records_without_keys_go_round()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders", partitions: 3);
        using AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> stream = door.Log.ProduceStream();
        var partitions = new HashSet<int>();

        for (int i = 0; i < 3; i++)
        {
            await stream.RequestStream.WriteAsync(new ProduceRequest
            {
                Topic = Door.Named("orders"),
                Partition = -1,
                Records = { new Client.V1.Record { Value = ByteString.CopyFromUtf8("v") } },
            });
            Assert.True(await stream.ResponseStream.MoveNext(default));
            partitions.Add(stream.ResponseStream.Current.Partition);
        }

        Assert.Equal(3, partitions.Count);
    }

    [Fact]
    public async Task Mistakes_are_in_the_answer_and_the_broker_goes_on()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("orders", partitions: 5, configs: ("max.message.bytes", "100"));
        byte[] damaged = Door.Batch("abc").ToByteArray();
        damaged[^1] ^= 1;
        byte[] noMagic = Door.Batch("abc").ToByteArray();
        noMagic[16] = 1;
        var keys = new[] { "a", "b", "c", "d" }.Select(k => new Client.V1.Record { Key = ByteString.CopyFromUtf8(k) });

        (ProduceRequest Request, ErrorCode Expected)[] rows =
        [
            (new ProduceRequest { Topic = Door.Named("missing"), Batch = Door.Batch("a") }, ErrorCode.UnknownTopicOrPartition),
            (new ProduceRequest { Topic = Door.Named("orders"), Partition = 9, Batch = Door.Batch("a") }, ErrorCode.UnknownTopicOrPartition),
            (new ProduceRequest { Topic = Door.Named("orders"), Partition = -7, Batch = Door.Batch("a") }, ErrorCode.UnknownTopicOrPartition),
            (new ProduceRequest { Topic = Door.Named("__cluster_metadata"), Batch = Door.Batch("a") }, ErrorCode.InvalidTopicException),
            (new ProduceRequest { Topic = new TopicRef { Id = ByteString.CopyFrom(new byte[15]) }, Batch = Door.Batch("a") }, ErrorCode.InvalidRequest),
            (new ProduceRequest { Topic = new TopicRef { Id = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()) }, Batch = Door.Batch("a") }, ErrorCode.UnknownTopicId),
            (new ProduceRequest { Batch = Door.Batch("a") }, ErrorCode.InvalidRequest),
            (new ProduceRequest { Topic = Door.Named("orders") }, ErrorCode.InvalidRequest),
            (new ProduceRequest { Topic = Door.Named("orders"), Partition = -1, Batch = Door.Batch("a") }, ErrorCode.InvalidRequest),
            (new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("a"), Records = { new Client.V1.Record() } }, ErrorCode.InvalidRequest),
            (new ProduceRequest { Topic = Door.Named("orders"), Partition = -1, Records = { keys } }, ErrorCode.InvalidRequest),
            (new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch("a"), Acks = (Acks)9 }, ErrorCode.InvalidRequiredAcks),
            (new ProduceRequest { Topic = Door.Named("orders"), Batch = Door.Batch(new string('x', 200)) }, ErrorCode.MessageTooLarge),
            (new ProduceRequest { Topic = Door.Named("orders"), Batch = ByteString.CopyFrom(damaged) }, ErrorCode.CorruptMessage),
            (new ProduceRequest { Topic = Door.Named("orders"), Batch = ByteString.CopyFrom(damaged[..40]) }, ErrorCode.CorruptMessage),
            (new ProduceRequest { Topic = Door.Named("orders"), Batch = ByteString.CopyFrom(noMagic) }, ErrorCode.InvalidRecord),
        ];
        foreach ((ProduceRequest request, ErrorCode expected) in rows)
        {
            ProduceResponse response = await door.Log.ProduceAsync(request);

            Assert.Equal(expected.KafkaName(), response.Error?.Name);
            Assert.NotEmpty(response.Error!.Message);
            Assert.Equal(-1, response.BaseOffset);
        }

        Assert.Equal(0, (await door.ProduceAsync("orders", "good")).BaseOffset);
    }

    [Fact]
    public async Task A_topic_is_made_on_the_way_when_the_broker_is_set_up_to()
    {
        await using Door door = await Door.OpenAsync(
            new Broker.BrokerOptions { DataDirectory = "/data", AutoCreateTopics = true, DefaultPartitions = 2 });

        Assert.Null((await door.ProduceAsync("fresh", "a")).Error);
        Assert.Equal("INVALID_TOPIC_EXCEPTION", (await door.ProduceAsync("not good", "a")).Error?.Name);
        GetMetadataResponse metadata = await door.Admin.GetMetadataAsync(
            new GetMetadataRequest { Topics = { Door.Named("fresh"), Door.Named("fresher") } });
        Assert.All(metadata.Topics, t => Assert.Equal(2, t.Partitions.Count));
    }

    [Fact]
    public async Task Before_the_broker_runs_calls_are_unavailable()
    {
        await using Door door = await Door.OpenAsync(start: false);

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await door.ProduceAsync("orders", "a"));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.Equal("BROKER_NOT_AVAILABLE", Door.ErrorOf(exception).Name);
    }
}
