using System.Collections.Concurrent;
using RaftStream.Broker;
using RaftStream.Broker.Tests;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Handlers;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>ListOffsets: the ends of a log, and offsets by time.</summary>
public class ListOffsetsTests
{
    private const int Latest = -1;
    private const int Earliest = -2;
    private const int MaxTimestamp = -3;
    private const int EarliestLocal = -4;
    private const int LatestTiered = -5;
    private const int EarliestPendingUpload = -6;

    /// <summary>What is asked, the first version that knows it, and the answer of the log below: offset and time.</summary>
    public static TheoryData<long, int, long, long> Asked => new()
    {
        { Latest, 1, 4, -1 },
        { Earliest, 1, 1, -1 },
        { MaxTimestamp, 7, 2, 3000 },
        { EarliestLocal, 8, 1, -1 },
        { LatestTiered, 9, -1, -1 },
        { EarliestPendingUpload, 11, -1, -1 },
        { 0, 1, 1, 1000 },
        { 500, 1, 1, 1000 },
        { 1000, 1, 1, 1000 },
        { 1001, 1, 2, 3000 },
        { 3000, 1, 2, 3000 },
        { 3001, 1, -1, -1 },
    };

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task Every_time_is_answered_exactly_in_each_version_that_knows_it(long timestamp, int firstVersion, long offset, long time)
    {
        await using KafkaBroker broker = await OpenAsync();
        int epoch = broker.Find("orders")!.Partitions[0].LeaderEpoch.Value;

        for (int version = 1; version <= 11; version++)
        {
            ListOffsetsResponse.ListOffsetsPartitionResponse row = Only(await broker.Api.AskAsync<ListOffsetsResponse>(One(timestamp), version));

            if (version < firstVersion)
            {
                Assert.Equal((KafkaBroker.Code(ErrorCode.UnsupportedVersion), -1L, -1L), (row.ErrorCode, row.Offset, row.Timestamp));
            }
            else
            {
                Assert.Equal((0, 0, offset, time), (row.ErrorCode, row.PartitionIndex, row.Offset, row.Timestamp));
                Assert.Equal(version >= 4 && offset >= 0 ? epoch : -1, row.LeaderEpoch);
            }
        }
    }

    [Fact]
    public async Task A_search_lets_others_have_the_thread_and_ends_with_the_connection()
    {
        await using KafkaBroker broker = await OpenAsync();
        using var aborted = new CancellationTokenSource();
        ListOffsetsRequest request = One(1000);
        ListOffsetsRequest.ListOffsetsPartition second = request.Topics[0].Partitions.Add();
        (second.PartitionIndex, second.Timestamp) = (1, 1000);
        RunningExchange<ListOffsetsResponse> search;
        var thread = new QueuedContext();
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(thread);
        try
        {
            search = broker.Api.Begin<ListOffsetsResponse>(request, 11, aborted: aborted.Token);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.False(search.Running.IsCompleted);
        await aborted.CancelAsync();
        await thread.RunUntilAsync(search.Running);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => search.Running);
    }

    [Fact]
    public async Task Few_searches_run_at_once_and_ends_of_logs_wait_for_none()
    {
        await using KafkaBroker broker = await OpenAsync();
        using var searches = new SemaphoreSlim(0);
        var handler = new ListOffsetsHandler(searches);
        var scope = new RequestScope(broker.Api, 11, null, new ClientConnection(KafkaBroker.Listener, "", CancellationToken.None));
        var found = new ListOffsetsResponse();
        Task search = handler.AnswerAsync(One(1000), found, scope).AsTask();
        await handler.AnswerAsync(One(Latest), new ListOffsetsResponse(), scope);
        Assert.False(search.IsCompleted);

        searches.Release();

        await search;
        Assert.Equal(1, Only(found).Offset);
        Assert.Equal(1, searches.CurrentCount);
    }

    [Theory]
    [InlineData(-7)]
    [InlineData(long.MinValue)]
    public async Task Times_that_mean_nothing_are_refused(long timestamp)
    {
        await using KafkaBroker broker = await OpenAsync();

        Assert.Equal(KafkaBroker.Code(ErrorCode.UnsupportedVersion), Only(await broker.Api.AskAsync<ListOffsetsResponse>(One(timestamp), 11)).ErrorCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Both_isolation_levels_see_the_same_end_without_transactions(sbyte isolation)
    {
        await using KafkaBroker broker = await OpenAsync();
        ListOffsetsRequest request = One(Latest);
        request.IsolationLevel = isolation;

        Assert.Equal(4, Only(await broker.Api.AskAsync<ListOffsetsResponse>(request, 7)).Offset);
    }

    [Theory]
    [InlineData("nothing", 0, -1, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("", 0, -1, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("orders", 7, -1, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("orders", 0, 99, ErrorCode.UnknownLeaderEpoch)]
    public async Task Errors_are_told_for_each_partition(string topic, int partition, int epoch, ErrorCode expected)
    {
        await using KafkaBroker broker = await OpenAsync();
        ListOffsetsRequest request = One(Latest);
        request.Topics[0].Name = topic;
        request.Topics[0].Partitions[0].PartitionIndex = partition;
        request.Topics[0].Partitions[0].CurrentLeaderEpoch = epoch;

        ListOffsetsResponse answer = await broker.Api.AskAsync<ListOffsetsResponse>(request, 7);

        Assert.Equal(topic, answer.Topics[0].Name);
        Assert.Equal((KafkaBroker.Code(expected), partition, -1L, -1L, -1), Told(Only(answer)));
    }

    [Fact]
    public async Task A_partition_that_is_named_twice_is_refused_twice()
    {
        await using KafkaBroker broker = await OpenAsync();
        ListOffsetsRequest request = One(Latest);
        Add(request, "orders", 0, Earliest);
        Add(request, "orders", 1, Latest);

        ListOffsetsResponse answer = await broker.Api.AskAsync<ListOffsetsResponse>(request, 7);

        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), answer.Topics[0].Partitions[0].ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), answer.Topics[1].Partitions[0].ErrorCode);
        Assert.Equal(0, answer.Topics[2].Partitions[0].ErrorCode);
    }

    [Theory]
    [InlineData(0, ErrorCode.ClusterAuthorizationFailed)]
    [InlineData(-2, ErrorCode.None)]
    public async Task Only_brokers_are_replicas(int replica, ErrorCode expected)
    {
        await using KafkaBroker broker = await OpenAsync();
        ListOffsetsRequest request = One(Latest);
        request.ReplicaId = replica;

        Assert.Equal(KafkaBroker.Code(expected), Only(await broker.Api.AskAsync<ListOffsetsResponse>(request, 7)).ErrorCode);
    }

    /// <summary>A log from offset 1 on: times 1000, 3000, 2000.</summary>
    private static async Task<KafkaBroker> OpenAsync()
    {
        KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        foreach (long time in (long[])[500, 1000, 3000, 2000])
        {
            WireBytes records = Batches.Of([new TextRecord(null, "x", time)]);
            Assert.Equal(0, ProduceTests.Only(await broker.Api.AskAsync<ProduceResponse>(ProduceTests.One("orders", default, 9, records), 9)).ErrorCode);
        }

        Assert.True(broker.Api.TryFind("orders"u8, TopicId.None, 0, out BrokerPartition partition, out _));
        await broker.Api.Admin.DeleteRecordsAsync(partition, before: 1, timeoutMs: 5000);
        return broker;
    }

    private static ListOffsetsRequest One(long timestamp)
    {
        var request = new ListOffsetsRequest { ReplicaId = -1 };
        Add(request, "orders", 0, timestamp);
        return request;
    }

    private static void Add(ListOffsetsRequest request, string topic, int partition, long timestamp)
    {
        ListOffsetsRequest.ListOffsetsTopic asked = request.Topics.Add();
        asked.Name = topic;
        ListOffsetsRequest.ListOffsetsPartition row = asked.Partitions.Add();
        row.PartitionIndex = partition;
        row.Timestamp = timestamp;
    }

    private static ListOffsetsResponse.ListOffsetsPartitionResponse Only(ListOffsetsResponse answer)
    {
        Assert.Equal(1, answer.Topics.Count);
        Assert.Equal(1, answer.Topics[0].Partitions.Count);
        return answer.Topics[0].Partitions[0];
    }

    private static (short Error, int Partition, long Offset, long Time, int Epoch) Told(ListOffsetsResponse.ListOffsetsPartitionResponse row) =>
        (row.ErrorCode, row.PartitionIndex, row.Offset, row.Timestamp, row.LeaderEpoch);

    /// <summary>A thread that does what it is given when it is told to.</summary>
    private sealed class QueuedContext : SynchronizationContext
    {
        private readonly ConcurrentQueue<(SendOrPostCallback Call, object? State)> _queue = new();

        public override void Post(SendOrPostCallback d, object? state) => _queue.Enqueue((d, state));

        public Task RunUntilAsync(Task done) => Eventually.TrueAsync(() =>
        {
            while (_queue.TryDequeue(out (SendOrPostCallback Call, object? State) next))
            {
                next.Call(next.State);
            }

            return done.IsCompleted;
        });
    }
}
