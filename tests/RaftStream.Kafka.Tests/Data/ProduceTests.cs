using System.Buffers;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>Produce in every version, its quirks, and its errors.</summary>
public class ProduceTests
{
    private const int All = -1;
    private const int None = 0;
    private const int FirstWithTopicIds = 13;

    [Theory]
    [VersionsOf(ApiKey.Produce)]
    public async Task Every_partition_is_told_where_its_batch_is(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders", 2);
        Guid bills = await broker.CreateAsync("bills");
        var request = new ProduceRequest { Acks = All, TimeoutMs = 5000 };
        Add(request, "orders", orders, version, (0, Batches.Of("a", "b")), (1, Batches.Of("c")));
        Add(request, "bills", bills, version, (0, Batches.Of("d")));

        await broker.Api.AskAsync<ProduceResponse>(request, version);
        ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(request, version);

        Assert.Equal(0, answer.ThrottleTimeMs);
        Assert.Equal(2, answer.Responses.Count);
        Assert.Equal(version < FirstWithTopicIds ? "orders" : "", answer.Responses[0].Name);
        Assert.Equal(version < FirstWithTopicIds ? Guid.Empty : orders, answer.Responses[0].TopicId);
        Assert.Equal((0, 0, 2L), Told(answer.Responses[0].PartitionResponses[0]));
        Assert.Equal((1, 0, 1L), Told(answer.Responses[0].PartitionResponses[1]));
        Assert.Equal((0, 0, 1L), Told(answer.Responses[1].PartitionResponses[0]));
        Assert.Equal(-1, answer.Responses[0].PartitionResponses[0].LogAppendTimeMs);
        Assert.Equal(version < 5 ? -1 : 0, answer.Responses[0].PartitionResponses[0].LogStartOffset);
        Assert.Equal(0, answer.NodeEndpoints.Count);
    }

    [Fact]
    public void Versions_0_to_2_are_advertised_and_not_served_KAFKA_18659()
    {
        var produce = ServedByHandlers.Create().Find((short)ApiKey.Produce)!;

        Assert.Equal(0, produce.MinVersion);
        Assert.Equal(13, produce.MaxVersion);
        Assert.All(Enumerable.Range(0, 3), version => Assert.False(produce.Serves((short)version)));
        Assert.All(Enumerable.Range(3, 11), version => Assert.True(produce.Serves((short)version)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    public async Task Acks_0_is_appended_and_not_answered(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");

        ExchangeOutcome<ProduceResponse> outcome = await broker.Api.Begin<ProduceResponse>(
            One("orders", orders, version, Batches.Of("a"), acks: None), version).AnswerAsync();

        Assert.Null(outcome.Response);
        Assert.False(outcome.ClosesConnection);
        ProduceResponse next = await broker.Api.AskAsync<ProduceResponse>(One("orders", orders, version, Batches.Of("b")), version);
        Assert.Equal((0, 0, 1L), Told(Only(next)));
    }

    [Fact]
    public async Task Acks_0_with_an_error_closes_the_connection()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        var request = new ProduceRequest { Acks = None };
        Add(request, "orders", default, 12, (0, Batches.Of("a")), (7, Batches.Of("a")));

        ExchangeOutcome<ProduceResponse> outcome = await broker.Api.Begin<ProduceResponse>(request, 12).AnswerAsync();

        Assert.Null(outcome.Response);
        Assert.True(outcome.ClosesConnection);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    [InlineData(short.MaxValue)]
    public async Task Other_acks_are_refused_for_each_partition(int acks)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        var request = new ProduceRequest { Acks = (short)acks };
        Add(request, "orders", default, 9, (0, Batches.Of("a")), (1, Batches.Of("a")));

        ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(request, 9);

        Assert.Equal(2, answer.Responses[0].PartitionResponses.Count);
        foreach (ProduceResponse.PartitionProduceResponse row in answer.Responses[0].PartitionResponses)
        {
            Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequiredAcks), row.ErrorCode);
            Assert.Equal(-1, row.BaseOffset);
        }
    }

    [Theory]
    [InlineData("nothing", 0, 12, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("orders", 1, 12, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("orders", -1, 12, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("", 0, 12, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("nothing", 0, 13, ErrorCode.UnknownTopicId)]
    [InlineData("", 0, 13, ErrorCode.UnknownTopicId)]
    [InlineData("orders", 1, 13, ErrorCode.UnknownTopicOrPartition)]
    public async Task What_is_not_there_is_told_by_the_request_s_way_of_naming(string topic, int partition, int version, ErrorCode expected)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        Guid id = topic switch { "orders" => orders, "" => Guid.Empty, _ => Guid.NewGuid() };
        var request = new ProduceRequest { Acks = All };
        Add(request, topic, id, version, (partition, Batches.Of("a")));

        ProduceResponse.PartitionProduceResponse row = Only(await broker.Api.AskAsync<ProduceResponse>(request, version));

        Assert.Equal((partition, (int)expected, -1L), Told(row));
    }

    [Fact]
    public async Task A_name_that_no_topic_can_have_is_unknown()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        foreach (string name in (string[])[new string('x', 250), new string('ß', 200), new string('x', 30_000)])
        {
            ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(One(name, default, 9, Batches.Of("a")), 9);

            Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), Only(answer).ErrorCode);
            Assert.Equal(name, answer.Responses[0].Name);
        }
    }

    [Theory]
    [VersionsOf(ApiKey.Produce)]
    public async Task One_bad_partition_does_not_keep_others_from_being_appended(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders", 2);
        var request = new ProduceRequest { Acks = All };
        Add(request, "orders", orders, version, (0, WireBytes.Null), (1, Batches.Of("a")));

        ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(request, version);

        Assert.Equal((0, (int)ErrorCode.InvalidRecord, -1L), Told(answer.Responses[0].PartitionResponses[0]));
        Assert.Equal((1, 0, 0L), Told(answer.Responses[0].PartitionResponses[1]));
        Assert.Equal(version >= 8, answer.Responses[0].PartitionResponses[0].ErrorMessage is not null);
    }

    public static TheoryData<string, ErrorCode> BadRecords => new()
    {
        { "null", ErrorCode.InvalidRecord },
        { "empty", ErrorCode.InvalidRecord },
        { "two batches", ErrorCode.InvalidRecord },
        { "magic 1", ErrorCode.InvalidRecord },
        { "magic 1, short", ErrorCode.InvalidRecord },
        { "cut", ErrorCode.CorruptMessage },
        { "damaged", ErrorCode.CorruptMessage },
        { "too large", ErrorCode.MessageTooLarge },
        { "transactional", ErrorCode.InvalidRecord },
    };

    [Theory]
    [MemberData(nameof(BadRecords))]
    public async Task R_4_2_bad_records_are_refused_with_a_reason(string kind, ErrorCode expected)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 1, ("max.message.bytes", "10000"));
        byte[] good = Batches.Of("a", "b").Bytes.ToArray();
        WireBytes records = kind switch
        {
            "null" => WireBytes.Null,
            "empty" => default,
            "two batches" => new WireBytes((byte[])[.. good, .. good]),
            "magic 1" => new WireBytes((byte[])[.. good[..16], 1, .. good[17..]]),
            "magic 1, short" => new WireBytes((byte[])[.. new byte[11], 20, .. new byte[4], 1, .. new byte[15]]),
            "cut" => new WireBytes(good.AsMemory(0, good.Length - 1)),
            "damaged" => new WireBytes((byte[])[.. good[..^1], (byte)~good[^1]]),
            "too large" => Batches.Of(new string('x', 10_000)),
            _ => Batches.Of([new TextRecord(null, "a")], producer: (7, 0, 0), isTransactional: true),
        };

        ProduceResponse.PartitionProduceResponse row = Only(await broker.Api.AskAsync<ProduceResponse>(One("orders", default, 9, records), 9));

        Assert.Equal((0, (int)expected, -1L), Told(row));
        Assert.NotEmpty(row.ErrorMessage!);
    }

    [Fact]
    public async Task A_transactional_id_is_refused()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        ProduceRequest request = One("orders", default, 9, Batches.Of("a"));
        request.TransactionalId = "tx";

        ProduceResponse.PartitionProduceResponse row = Only(await broker.Api.AskAsync<ProduceResponse>(request, 9));

        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRecord), row.ErrorCode);
        Assert.Contains("ransaction", row.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, CompressionCodec.Zstd, ErrorCode.UnsupportedCompressionType)]
    [InlineData(7, CompressionCodec.Zstd, ErrorCode.None)]
    [InlineData(3, CompressionCodec.Gzip, ErrorCode.None)]
    [InlineData(3, CompressionCodec.Snappy, ErrorCode.None)]
    [InlineData(3, CompressionCodec.Lz4, ErrorCode.None)]
    public async Task Zstd_needs_version_7(int version, CompressionCodec codec, ErrorCode expected)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");

        ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(One("orders", default, version, Batches.Of(codec, Batches.Long('a'))), version);

        Assert.Equal(KafkaBroker.Code(expected), Only(answer).ErrorCode);
    }

    [Fact]
    public async Task A_record_at_fault_is_named_KIP_467()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        long future = broker.Api.WallMs + (24L * 60 * 60 * 1000);
        WireBytes records = Batches.Of([new TextRecord(null, "a"), new TextRecord(null, "b", future)]);

        ProduceResponse.PartitionProduceResponse row = Only(await broker.Api.AskAsync<ProduceResponse>(One("orders", default, 8, records), 8));

        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidTimestamp), row.ErrorCode);
        Assert.Equal(1, row.RecordErrors.Count);
        Assert.Equal(1, row.RecordErrors[0].BatchIndex);
        Assert.NotEmpty(row.RecordErrors[0].BatchIndexErrorMessage!);
    }

    [Theory]
    [VersionsOf(ApiKey.Produce)]
    public async Task Log_append_time_is_told(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders", 1, ("message.timestamp.type", "LogAppendTime"));

        ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(One("orders", orders, version, Batches.Of("a")), version);

        Assert.InRange(Only(answer).LogAppendTimeMs, 1, broker.Api.WallMs);
    }

    [Fact]
    public async Task A_duplicate_of_an_idempotent_producer_succeeds_with_the_old_offset()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        await SendAsync(broker, Numbered(0, "a", "b"));
        await SendAsync(broker, Numbered(2, "c"));

        Assert.Equal((0, 0, 0L), Told(await SendAsync(broker, Numbered(0, "a", "b"))));
        Assert.Equal((0, 0, 2L), Told(await SendAsync(broker, Numbered(2, "c"))));
        Assert.Equal((0, (int)ErrorCode.OutOfOrderSequenceNumber, -1L), Told(await SendAsync(broker, Numbered(9, "x"))));
        Assert.Equal((0, 0, 3L), Told(await SendAsync(broker, Numbered(3, "d"))));
    }

    [Fact]
    public async Task A_forgotten_producer_is_told_the_log_start_KIP_360()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");

        ProduceResponse.PartitionProduceResponse row = await SendAsync(broker, Numbered(5, "a"));

        // At -1 a Java producer would send the same again for ever.
        Assert.Equal((0, (int)ErrorCode.UnknownProducerId, -1L), Told(row));
        Assert.Equal(0, row.LogStartOffset);
    }

    [Fact]
    public async Task A_frame_s_memory_is_free_when_the_request_has_run_also_when_others_were_in_its_way()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        const int Producers = 8;
        const int Requests = 100;

        await Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(async () =>
        {
            for (int i = 0; i < Requests; i++)
            {
                await SendAsync(broker, Batches.Of($"{producer}-{i}", "x"));
            }
        })));

        // The frames were overwritten at once: a batch that was appended later has a wrong checksum.
        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(FetchTests.One("orders", default, 12, 0), 12);
        string[] values = Batches.Values(FetchTests.Only(answer).Records);
        Assert.Equal(Producers * Requests * 2, values.Length);
        Assert.Equal((Producers * Requests) + 1, values.Distinct().Count());
    }

    [Fact]
    public async Task A_request_without_partitions_is_answered()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(new ProduceRequest { Acks = All }, 9);

        Assert.Equal(0, answer.Responses.Count);
    }

    [Fact]
    public async Task Headers_keys_and_nulls_arrive_as_they_were_sent()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        TextRecord[] sent =
        [
            new("k", "v", 1000, "a=1;b=;"), new(null, Batches.Long('v'), 2000), new("k3", null, 3000), new("", "", 4000, "ü=ö;"), new(null, null, 5000),
        ];

        await SendAsync(broker, Batches.Of(sent, CompressionCodec.Gzip));
        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(FetchTests.One("orders", default, 12, 0), 12);

        Assert.Equal(sent.Select((record, i) => record with { Offset = i }), Batches.Read(FetchTests.Only(answer).Records));
    }

    internal static ProduceRequest One(string topic, Guid id, int version, WireBytes records, int acks = All)
    {
        var request = new ProduceRequest { Acks = (short)acks, TimeoutMs = 5000 };
        Add(request, topic, id, version, (0, records));
        return request;
    }

    internal static void Add(ProduceRequest request, string topic, Guid id, int version, params (int Partition, WireBytes Records)[] partitions)
    {
        ProduceRequest.TopicProduceData data = request.TopicData.Add();
        data.Name = version < FirstWithTopicIds ? topic : "";
        data.TopicId = version < FirstWithTopicIds ? Guid.Empty : id;
        foreach ((int partition, WireBytes records) in partitions)
        {
            ProduceRequest.PartitionProduceData row = data.PartitionData.Add();
            row.Index = partition;
            row.Records = records;
        }
    }

    internal static ProduceResponse.PartitionProduceResponse Only(ProduceResponse answer)
    {
        Assert.Equal(1, answer.Responses.Count);
        Assert.Equal(1, answer.Responses[0].PartitionResponses.Count);
        return answer.Responses[0].PartitionResponses[0];
    }

    private static (int Partition, int Error, long BaseOffset) Told(ProduceResponse.PartitionProduceResponse row) =>
        (row.Index, row.ErrorCode, row.BaseOffset);

    private static WireBytes Numbered(int sequence, params string[] values) =>
        Batches.Of([.. values.Select(value => new TextRecord(null, value))], producer: (7, 0, sequence));

    private static async Task<ProduceResponse.PartitionProduceResponse> SendAsync(KafkaBroker broker, WireBytes records) =>
        Only(await broker.Api.AskAsync<ProduceResponse>(One("orders", default, 9, records), 9));
}
