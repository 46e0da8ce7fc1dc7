using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>Fetch in every version, its quirks, and its errors.</summary>
public class FetchTests
{
    private const int FirstWithTopicIds = 13;

    [Theory]
    [VersionsOf(ApiKey.Fetch)]
    public async Task Records_come_with_the_ends_of_the_log(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders", 2);
        await AppendAsync(broker, "orders", "a", "b");
        await AppendAsync(broker, "orders", "c");
        FetchRequest request = One("orders", orders, version, 0);
        Add(request, "orders", orders, version, (1, 0));

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, version);

        Assert.Equal(0, answer.ErrorCode);
        Assert.Equal(0, answer.SessionId);
        Assert.Equal(0, answer.ThrottleTimeMs);
        Assert.Equal(2, answer.Responses.Count);
        Assert.Equal(version < FirstWithTopicIds ? "orders" : "", answer.Responses[0].Topic);
        Assert.Equal(version < FirstWithTopicIds ? Guid.Empty : orders, answer.Responses[0].TopicId);
        FetchResponse.PartitionData row = answer.Responses[0].Partitions[0];
        Assert.Equal((0, 0, 3L, 3L), (row.PartitionIndex, row.ErrorCode, row.HighWatermark, row.LastStableOffset));
        Assert.Equal(version < 5 ? -1 : 0, row.LogStartOffset);
        Assert.Equal(-1, row.PreferredReadReplica);
        Assert.Equal(-1, row.DivergingEpoch.Epoch);
        Assert.Equal(["a", "b", "c"], Batches.Values(row.Records));
        Assert.Equal(0, answer.Responses[1].Partitions[0].HighWatermark);
        Assert.Empty(Batches.Values(answer.Responses[1].Partitions[0].Records));
        Assert.Equal(0, answer.NodeEndpoints.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch)]
    public async Task An_offset_inside_a_batch_gets_the_whole_batch(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a", "b", "c");

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(One("orders", orders, version, 2), version);

        Assert.Equal(["a", "b", "c"], Batches.Values(Only(answer).Records));
    }

    [Theory]
    [InlineData(0, 1 << 20)]
    [InlineData(1 << 20, 0)]
    [InlineData(1, 1)]
    public async Task The_first_batch_comes_whole_though_it_is_larger_than_the_limits(int partitionMaxBytes, int maxBytes)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        await AppendAsync(broker, "orders", new string('x', 1000));
        await AppendAsync(broker, "orders", "b");
        FetchRequest request = One("orders", default, 12, 0);
        request.MaxBytes = maxBytes;
        request.Topics[0].Partitions[0].PartitionMaxBytes = partitionMaxBytes;

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, 12);

        Assert.Single(Batches.Values(Only(answer).Records));
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch)]
    public async Task Records_are_empty_and_never_null_also_with_errors_KAFKA_18646(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders", 2);
        FetchRequest request = One("orders", orders, version, 0);
        Add(request, "orders", orders, version, (1, 99), (5, 0));
        Add(request, "nothing", Guid.NewGuid(), version, (0, 0));

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, version);

        int rows = 0;
        foreach (FetchResponse.FetchableTopicResponse topic in answer.Responses)
        {
            foreach (FetchResponse.PartitionData row in topic.Partitions)
            {
                rows++;
                Assert.False(row.Records.IsNull);
                Assert.True(row.Records.IsEmpty);
            }
        }

        Assert.Equal(4, rows);
    }

    [Theory]
    [InlineData("orders", 0, 4L, 12, ErrorCode.OffsetOutOfRange)]
    [InlineData("orders", 0, -1L, 12, ErrorCode.OffsetOutOfRange)]
    [InlineData("orders", 3, 0L, 12, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("orders", 3, 0L, 13, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("nothing", 0, 0L, 12, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("nothing", 0, 0L, 13, ErrorCode.UnknownTopicId)]
    public async Task An_error_comes_at_once_and_alone(string topic, int partition, long offset, int version, ErrorCode expected)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a", "b");
        FetchRequest request = One(topic, topic == "orders" ? orders : Guid.NewGuid(), version, offset, maxWaitMs: 300_000);
        request.Topics[0].Partitions[0].Partition = partition;

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, version);

        FetchResponse.PartitionData row = Only(answer);
        Assert.Equal(KafkaBroker.Code(expected), row.ErrorCode);
        Assert.Equal((-1L, -1L, -1L), (row.HighWatermark, row.LastStableOffset, row.LogStartOffset));
        Assert.Equal(0, answer.ErrorCode);
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch, 7)]
    public async Task Sessions_are_declined_by_id_0(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a");
        FetchRequest request = One("orders", orders, version, 0);
        request.SessionEpoch = 0; // a new session, please

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, version);

        Assert.Equal((0, 0), (answer.ErrorCode, answer.SessionId));
        Assert.Equal(["a"], Batches.Values(Only(answer).Records));
    }

    [Theory]
    [InlineData(17, 1)]
    [InlineData(17, 5)]
    [InlineData(0, 1)]
    [InlineData(17, -2)]
    public async Task The_rest_of_a_session_is_not_there(int sessionId, int sessionEpoch)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a");
        FetchRequest request = One("orders", default, 12, 0, maxWaitMs: 300_000);
        (request.SessionId, request.SessionEpoch) = (sessionId, sessionEpoch);

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, 12);

        Assert.Equal(KafkaBroker.Code(ErrorCode.FetchSessionIdNotFound), answer.ErrorCode);
        Assert.Equal((0, 0), (answer.SessionId, answer.Responses.Count));
    }

    [Fact]
    public async Task The_end_of_a_session_is_answered_at_once_and_forgotten_topics_mean_nothing()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new FetchRequest { MaxWaitMs = 300_000, MinBytes = 1, SessionId = 17, SessionEpoch = -1 };
        FetchRequest.ForgottenTopic forgotten = request.ForgottenTopicsData.Add();
        forgotten.Topic = "orders";
        forgotten.Partitions.Add(0);

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, 12);

        Assert.Equal((0, 0, 0), (answer.ErrorCode, answer.SessionId, answer.Responses.Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_fetch_waits_until_enough_bytes_are_there(int partitions)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        FetchRequest request = One("orders", default, 12, 0, maxWaitMs: 300_000);
        request.MinBytes = 150;
        if (partitions == 2)
        {
            Add(request, "orders", default, 12, (1, 0));
        }

        RunningExchange<FetchResponse> fetch = broker.Api.Begin<FetchResponse>(request, 12);
        await AppendAsync(broker, "orders", "a");
        Assert.False(fetch.Exchange.IsAnswered);
        await AppendAsync(broker, "orders", new string('x', 100));
        FetchResponse answer = (await fetch.AnswerAsync()).Response!;

        Assert.Equal(2, Batches.Values(answer.Responses[0].Partitions[0].Records).Length);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(300_000, 0)]
    public async Task A_fetch_that_may_not_wait_or_needs_nothing_is_answered_at_once(int maxWaitMs, int minBytes)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        FetchRequest request = One("orders", default, 12, 0, maxWaitMs);
        request.MinBytes = minBytes;

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, 12);

        Assert.Equal(0, Only(answer).ErrorCode);
        Assert.True(Only(answer).Records.IsEmpty);
    }

    [Fact]
    public async Task A_client_that_is_gone_ends_the_wait()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        using var gone = new CancellationTokenSource();

        RunningExchange<FetchResponse> fetch = broker.Api.Begin<FetchResponse>(
            One("orders", default, 12, 0, maxWaitMs: 300_000), 12, aborted: gone.Token);
        Assert.False(fetch.Running.IsCompleted);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch.Running);
        fetch.Exchange.Release();
    }

    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    [InlineData(16)]
    public async Task A_wrong_leader_epoch_is_told(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        int epoch = broker.Find("orders")!.Partitions[0].LeaderEpoch.Value;
        FetchRequest request = One("orders", orders, version, 0, maxWaitMs: 300_000);
        request.Topics[0].Partitions[0].CurrentLeaderEpoch = epoch + 1;

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownLeaderEpoch), Only(answer).ErrorCode);
        Assert.Equal(-1, Only(answer).CurrentLeader.LeaderId);
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch, 12)]
    public async Task A_diverging_log_is_told_without_records_KIP_320(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a", "b");
        int epoch = broker.Find("orders")!.Partitions[0].LeaderEpoch.Value;
        FetchRequest request = One("orders", orders, version, 2, maxWaitMs: 300_000);
        request.Topics[0].Partitions[0].LastFetchedEpoch = epoch + 5;

        FetchResponse.PartitionData row = Only(await broker.Api.AskAsync<FetchResponse>(request, version));

        Assert.Equal((0, epoch, 2L), (row.ErrorCode, row.DivergingEpoch.Epoch, row.DivergingEpoch.EndOffset));
        Assert.True(row.Records.IsEmpty);
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch)]
    public async Task Aborted_transactions_are_null_unless_they_are_asked_for(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a");
        FetchRequest request = One("orders", orders, version, 0);

        Assert.True(Only(await broker.Api.AskAsync<FetchResponse>(request, version)).AbortedTransactions.IsNull);

        request.IsolationLevel = 1;
        FetchResponse.PartitionData row = Only(await broker.Api.AskAsync<FetchResponse>(request, version));
        Assert.False(row.AbortedTransactions.IsNull);
        Assert.Equal((0, 1L), (row.AbortedTransactions.Count, row.LastStableOffset));
        Assert.Equal(["a"], Batches.Values(row.Records));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(9)]
    public async Task Zstd_is_not_for_clients_before_version_10(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a");
        await AppendAsync(broker, "orders", Batches.Of(CompressionCodec.Gzip, Batches.Long('b')));
        await AppendAsync(broker, "orders", Batches.Of(CompressionCodec.Zstd, Batches.Long('c')));
        await AppendAsync(broker, "orders", "d");

        FetchResponse.PartitionData before = Only(await broker.Api.AskAsync<FetchResponse>(One("orders", default, version, 0), version));
        FetchResponse.PartitionData at = Only(await broker.Api.AskAsync<FetchResponse>(One("orders", default, version, 2), version));
        FetchResponse.PartitionData behind = Only(await broker.Api.AskAsync<FetchResponse>(One("orders", default, version, 3), version));

        Assert.Equal((0, 4L), (before.ErrorCode, before.HighWatermark));
        Assert.Equal(["a", Batches.Long('b')], Batches.Values(before.Records));
        Assert.Equal((KafkaBroker.Code(ErrorCode.UnsupportedCompressionType), -1L), (at.ErrorCode, at.HighWatermark));
        Assert.Equal(["d"], Batches.Values(behind.Records));
    }

    [Fact]
    public async Task Zstd_is_for_clients_from_version_10_on()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", Batches.Of(CompressionCodec.Zstd, Batches.Long('a')));

        Assert.Equal([Batches.Long('a')], Batches.Values(Only(await broker.Api.AskAsync<FetchResponse>(One("orders", default, 10, 0), 10)).Records));
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch)]
    public async Task Who_says_that_he_is_a_replica_is_refused(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a");
        FetchRequest request = One("orders", orders, version, 0, maxWaitMs: 300_000);
        if (version >= 15)
        {
            request.ReplicaState.ReplicaId = 1;
        }
        else
        {
            request.ReplicaId = 1;
        }

        FetchResponse.PartitionData row = Only(await broker.Api.AskAsync<FetchResponse>(request, version));

        Assert.Equal(KafkaBroker.Code(ErrorCode.ClusterAuthorizationFailed), row.ErrorCode);
        Assert.True(row.Records.IsEmpty);
    }

    [Theory]
    [VersionsOf(ApiKey.Fetch)]
    public async Task A_partition_that_is_named_again_is_answered_once_where_the_last_one_asks_as_in_Kafka(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders", 2);
        await AppendAsync(broker, "orders", "a");
        await AppendAsync(broker, "orders", "b");
        FetchRequest request = One("orders", orders, version, 0);
        Add(request, "orders", orders, version, (1, 0), (0, 2), (1, 0), (0, 1));

        FetchResponse answer = await broker.Api.AskAsync<FetchResponse>(request, version);

        FetchResponse.PartitionData[] rows = [.. Rows(answer)];
        Assert.Equal([0, 1], rows.Select(row => row.PartitionIndex));
        Assert.Equal(["b"], Batches.Values(rows[0].Records));
    }

    [Fact]
    public async Task Who_names_partitions_again_is_not_waited_for()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        FetchRequest request = One("orders", default, 12, 0);
        request.MaxWaitMs = 60_000;
        for (int i = 0; i < 10_000; i++)
        {
            Add(request, "orders", default, 12, (0, 0));
        }

        RunningExchange<FetchResponse> fetch = broker.Api.Begin<FetchResponse>(request, 12);

        Assert.True(fetch.Exchange.IsAnswered);
        Assert.Single(Rows((await fetch.AnswerAsync()).Response!));
    }

    [Fact]
    public async Task An_answer_can_still_be_sent_when_its_topic_was_deleted_meanwhile()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid orders = await broker.CreateAsync("orders");
        await AppendAsync(broker, "orders", "a");
        RunningExchange<FetchResponse> fetch = broker.Api.Begin<FetchResponse>(One("orders", orders, 13, 0), 13);
        await fetch.Running;

        await broker.Api.Admin.DeleteTopicsAsync([new("orders", TopicId.None)]);

        Assert.Equal(["a"], Batches.Values(Only((await fetch.AnswerAsync()).Response!).Records));
    }

    internal static FetchRequest One(string topic, Guid id, int version, long offset, int maxWaitMs = 0)
    {
        var request = new FetchRequest { MaxWaitMs = maxWaitMs, MinBytes = 1, MaxBytes = 50 << 20 };
        Add(request, topic, id, version, (0, offset));
        return request;
    }

    internal static void Add(FetchRequest request, string topic, Guid id, int version, params (int Partition, long Offset)[] partitions)
    {
        FetchRequest.FetchTopic asked = request.Topics.Add();
        asked.Topic = version < FirstWithTopicIds ? topic : "";
        asked.TopicId = version < FirstWithTopicIds ? Guid.Empty : id;
        foreach ((int partition, long offset) in partitions)
        {
            FetchRequest.FetchPartition row = asked.Partitions.Add();
            row.Partition = partition;
            row.FetchOffset = offset;
            row.PartitionMaxBytes = 1 << 20;
        }
    }

    internal static IEnumerable<FetchResponse.PartitionData> Rows(FetchResponse answer)
    {
        foreach (FetchResponse.FetchableTopicResponse topic in answer.Responses)
        {
            foreach (FetchResponse.PartitionData row in topic.Partitions)
            {
                yield return row;
            }
        }
    }

    internal static FetchResponse.PartitionData Only(FetchResponse answer)
    {
        Assert.Equal(1, answer.Responses.Count);
        Assert.Equal(1, answer.Responses[0].Partitions.Count);
        return answer.Responses[0].Partitions[0];
    }

    private static Task AppendAsync(KafkaBroker broker, string topic, params string[] values) => AppendAsync(broker, topic, Batches.Of(values));

    private static async Task AppendAsync(KafkaBroker broker, string topic, WireBytes records)
    {
        ProduceResponse answer = await broker.Api.AskAsync<ProduceResponse>(ProduceTests.One(topic, default, 9, records), 9);
        Assert.Equal(0, ProduceTests.Only(answer).ErrorCode);
    }
}
