using RaftStream.Client.Tests.Fakes;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

public sealed class ConsumerFailureTests
{
    private const string Topic = "orders";

    private static readonly NamedPartition Zero = new(Topic, 0);

    [Fact]
    public async Task Out_of_range_goes_to_the_earliest_record()
    {
        var (cluster, log) = Cluster("a", "b", "c");
        log.StartOffset = 1;
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.Earliest });
        consumer.Assign(Zero, StartPosition.AtOffset(0));

        Assert.Equal(["b", "c"], await ValuesAsync(consumer, 2));
    }

    [Fact]
    public async Task Out_of_range_goes_to_the_latest_record()
    {
        var (cluster, log) = Cluster("a", "b", "c");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.Latest });
        consumer.Assign(Zero, StartPosition.AtOffset(17));
        await Eventually.TrueAsync(() => cluster[1].ConsumeStreams >= 2);

        log.Append("d");

        Assert.Equal(["d"], await ValuesAsync(consumer, 1));
    }

    [Fact]
    public async Task Out_of_range_throws_until_the_application_decides()
    {
        var (cluster, _) = Cluster("a", "b", "c");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.None });
        consumer.Assign(Zero, StartPosition.AtOffset(17));

        for (int i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<RaftStreamException>(() => ValuesAsync(consumer, 1));
            Assert.Equal(ErrorCode.OffsetOutOfRange, failure.Code);
            Assert.Contains("Offset 17 of orders-0", failure.Message, StringComparison.Ordinal);
        }

        consumer.Seek(Zero, StartPosition.AtOffset(1));
        Assert.Equal(["b", "c"], await ValuesAsync(consumer, 2));
    }

    [Fact]
    public async Task A_corrupt_batch_throws_until_it_is_passed_over()
    {
        var (cluster, log) = Cluster("a");
        byte[] corrupt = FakeLog.Encode("broken");
        log.Append(corrupt);
        log.Append("c");
        corrupt[^2] ^= 1;
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);

        Assert.Equal(["a"], await ValuesAsync(consumer, 1));
        for (int i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<RaftStreamException>(() => ValuesAsync(consumer, 1));
            Assert.Equal(ErrorCode.CorruptMessage, failure.Code);
            Assert.Contains("Seek to offset 2", failure.Message, StringComparison.Ordinal);
        }

        consumer.Seek(Zero, StartPosition.AtOffset(2));
        Assert.Equal(["c"], await ValuesAsync(consumer, 1));
    }

    [Fact]
    public async Task Without_the_check_a_corrupt_batch_passes()
    {
        var (cluster, log) = Cluster();
        byte[] corrupt = FakeLog.Encode("broken");
        log.Append(corrupt);
        corrupt[^2] ^= 1;
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { CheckCrc = false });
        consumer.Assign(Zero, StartPosition.Beginning);

        Assert.Single(await ValuesAsync(consumer, 1));
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_said_so()
    {
        var (cluster, _) = Cluster();
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(new NamedPartition("nowhere", 0), StartPosition.Beginning);

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => ValuesAsync(consumer, 1));

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, failure.Code);
        await Assert.ThrowsAsync<RaftStreamException>(() => consumer.AssignTopicAsync("nowhere", StartPosition.Beginning));
    }

    [Fact]
    public async Task A_partition_that_is_not_there_is_said_so()
    {
        var (cluster, _) = Cluster();
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(new NamedPartition(Topic, 5), StartPosition.Beginning);

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => ValuesAsync(consumer, 1));

        Assert.Equal(ErrorCode.InvalidPartitions, failure.Code);
    }

    [Fact]
    public async Task A_broker_out_of_reach_is_waited_for_as_long_as_the_options_say()
    {
        var (cluster, _) = Cluster("a");
        cluster[1].Stop();
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { GiveUpAfter = TimeSpan.FromMilliseconds(50) });
        consumer.Assign(Zero, StartPosition.Beginning);

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => ValuesAsync(consumer, 1));

        Assert.Equal(ErrorCode.NetworkException, failure.Code);
        Assert.Contains("node-1:9090", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_log_is_read_on_from_the_cut()
    {
        var (cluster, log) = Cluster("a", "b", "c");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        Assert.Equal(["a", "b", "c"], await ValuesAsync(consumer, 3));

        // Another leader, without the last record (KIP-320): the reader's position lies in an epoch that ended before it.
        cluster.OnDivergence = partition => partition.HasLastFetchedEpoch && partition.LastFetchedEpoch == 0 ? 2 : null;
        cluster[1].Stop();
        log.LeaderEpoch = 1;
        log.Truncate(2);
        log.Append("c again");
        cluster[1].Start();

        Assert.Equal(["c again"], await ValuesAsync(consumer, 1));
    }

    [Fact]
    public async Task A_cut_log_throws_where_the_application_wants_to_decide()
    {
        var (cluster, log) = Cluster("a", "b", "c");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { OffsetReset = OffsetReset.None });
        consumer.Assign(Zero, StartPosition.Beginning);
        Assert.Equal(["a", "b", "c"], await ValuesAsync(consumer, 3));
        cluster.OnDivergence = partition => partition.HasLastFetchedEpoch && partition.LastFetchedEpoch == 0 ? 2 : null;
        cluster[1].Stop();
        log.LeaderEpoch = 1;
        log.Truncate(2);
        cluster[1].Start();

        var failure = await Assert.ThrowsAsync<LogTruncatedException>(() => ValuesAsync(consumer, 1));

        Assert.Equal((ErrorCode.OffsetOutOfRange, Zero, 3, 2), (failure.Code, failure.Partition, failure.Position, failure.EndOffset));
        cluster.OnDivergence = null;
        log.Append("c again");
        consumer.Seek(Zero, StartPosition.AtOffset(failure.EndOffset));
        Assert.Equal(["c again"], await ValuesAsync(consumer, 1));
    }

    // Leaders move, connections break, brokers refuse: every record comes once and in order.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Nothing_is_lost_or_doubled_by_random_failures(ulong seed)
    {
        var random = new Prng(seed);
        var gate = new Lock();
        var cluster = new FakeCluster(brokers: 3);
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 3);
        for (int i = 0; i < 900; i++)
        {
            logs[i % 3].Append([.. Enumerable.Range(0, 1 + random.Next(4)).Select(j => $"{i}.{j}")]);
        }

        cluster.OnFetch = (partition, _) =>
        {
            lock (gate)
            {
                switch (random.Next(60))
                {
                    case 0:
                        logs[partition.Partition].Leader = 1 + random.Next(3);
                        return ErrorCode.NotLeaderOrFollower;
                    case 1: return ErrorCode.FencedLeaderEpoch;
                    case 2: return ErrorCode.LeaderNotAvailable;
                    case 3:
                        cluster[1 + random.Next(3)].BreakStreams();
                        return ErrorCode.None;
                    default: return ErrorCode.None;
                }
            }
        };
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { PrefetchBytes = 2000, MaxAnswerBytes = 300 });
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);

        List<ConsumedRecord> records = await ConsumerTests.TakeAsync(consumer, (int)logs.Sum(log => log.EndOffset));

        for (int partition = 0; partition < 3; partition++)
        {
            Assert.Equal(logs[partition].Values(), records.Where(record => record.Partition.Partition == partition).Select(record => record.ValueText));
        }
    }

    private static (FakeCluster Cluster, FakeLog Log) Cluster(params string[] values)
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        foreach (string value in values)
        {
            log.Append(value);
        }

        return (cluster, log);
    }

    private static async Task<IEnumerable<string?>> ValuesAsync(Consumer consumer, int count) =>
        (await ConsumerTests.TakeAsync(consumer, count)).Select(record => record.ValueText);
}
