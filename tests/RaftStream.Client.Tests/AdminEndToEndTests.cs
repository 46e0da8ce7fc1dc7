using RaftStream.Client.Tests.Fakes;
using RaftStream.Embedded;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

public sealed class AdminEndToEndTests : IAsyncLifetime
{
    private RaftStreamBroker _broker = null!;
    private RaftStreamClient _client = null!;

    private Admin Admin => _client.Admin;

    public async Task InitializeAsync()
    {
        _broker = await RaftStreamBroker.StartAsync(new RaftStreamBrokerOptions { InMemory = true, DefaultPartitions = 2 }).DoneAsync();
        _client = _broker.CreateClient();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Topics_are_created_described_listed_and_deleted()
    {
        TopicOutcome created = await Admin.CreateTopicAsync("orders", partitions: 3).DoneAsync();
        Assert.Equal(("orders", 3, 1), (created.Name, created.Partitions, created.ReplicationFactor));
        Assert.Equal(2, (await Admin.CreateTopicAsync("defaults").DoneAsync()).Partitions);

        TopicDescription described = await Admin.DescribeTopicAsync("orders").DoneAsync();
        Assert.Equal(created.Id, described.Id);
        Assert.Equal([0, 1, 2], described.Partitions.Select(partition => partition.Partition));
        Assert.All(described.Partitions, partition => Assert.Equal([partition.Leader], partition.Isr));
        Assert.Equal(["defaults", "orders"], (await Admin.ListTopicsAsync().DoneAsync()).Where(topic => !topic.IsInternal).Select(topic => topic.Name));

        await Admin.DeleteTopicAsync("orders").DoneAsync();
        await FailsAsync(ErrorCode.UnknownTopicOrPartition, Admin.DescribeTopicAsync("orders"));
        await FailsAsync(ErrorCode.UnknownTopicOrPartition, Admin.DeleteTopicAsync("orders"));
    }

    [Fact]
    public async Task What_cannot_be_created_says_why()
    {
        await Admin.CreateTopicAsync("orders").DoneAsync();

        await FailsAsync(ErrorCode.TopicAlreadyExists, Admin.CreateTopicAsync("orders"));
        await FailsAsync(ErrorCode.InvalidTopicException, Admin.CreateTopicAsync("no spaces"));
        await FailsAsync(ErrorCode.InvalidPartitions, Admin.CreateTopicAsync("other", partitions: -3));
        await FailsAsync(ErrorCode.InvalidReplicationFactor, Admin.CreateTopicAsync("other", replicationFactor: 3));
        IReadOnlyList<TopicOutcome> outcomes = await Admin.CreateTopicsAsync(
        [
            new TopicSpec { Name = "good" },
            new TopicSpec { Name = "bad", Configs = new Dictionary<string, string> { ["retention.ms"] = "soon" } },
        ]).DoneAsync();
        Assert.Null(outcomes[0].Error);
        Assert.Equal(ErrorCode.InvalidConfig, outcomes[1].Error?.Code);
    }

    [Fact]
    public async Task Validating_creates_nothing()
    {
        IReadOnlyList<TopicOutcome> outcomes = await Admin.CreateTopicsAsync([new TopicSpec { Name = "maybe" }], validateOnly: true).DoneAsync();

        Assert.Null(outcomes[0].Error);
        Assert.DoesNotContain("maybe", (await Admin.ListTopicsAsync().DoneAsync()).Select(topic => topic.Name));
    }

    [Fact]
    public async Task Topics_grow_and_a_producer_hears_of_it()
    {
        await Admin.CreateTopicAsync("orders", partitions: 1).DoneAsync();

        await Admin.CreatePartitionsAsync("orders", 4).DoneAsync();

        Assert.Equal(4, (await Admin.DescribeTopicAsync("orders").DoneAsync()).Partitions.Count);
        await using Producer producer = _client.CreateProducer();
        Assert.Equal(4, (await producer.GetTopicAsync("orders")).PartitionCount);
        await FailsAsync(ErrorCode.InvalidPartitions, Admin.CreatePartitionsAsync("orders", 2));
    }

    [Fact]
    public async Task Configs_are_set_described_and_set_back()
    {
        await Admin.CreateTopicAsync("orders").DoneAsync();

        await Admin.AlterTopicConfigsAsync("orders", new Dictionary<string, string?> { ["retention.ms"] = "3600000" }).DoneAsync();
        ConfigDescription set = (await Admin.DescribeTopicConfigsAsync("orders").DoneAsync()).Single(config => config.Key == "retention.ms");
        Assert.Equal(("3600000", ConfigOrigin.Topic), (set.Value, set.Origin));

        await Admin.AlterTopicConfigsAsync("orders", new Dictionary<string, string?> { ["retention.ms"] = null }).DoneAsync();
        ConfigDescription back = (await Admin.DescribeTopicConfigsAsync("orders").DoneAsync()).Single(config => config.Key == "retention.ms");
        Assert.Equal(ConfigOrigin.Default, back.Origin);
        Assert.NotEmpty(back.Documentation);

        await FailsAsync(
            ErrorCode.InvalidConfig, Admin.AlterTopicConfigsAsync("orders", new Dictionary<string, string?> { ["retention.ms"] = "soon" }));
        await FailsAsync(ErrorCode.UnknownTopicOrPartition, Admin.DescribeTopicConfigsAsync("nowhere"));
    }

    [Fact]
    public async Task Records_are_deleted_up_to_an_offset()
    {
        await Admin.CreateTopicAsync("orders", partitions: 1).DoneAsync();
        var partition = new NamedPartition("orders", 0);
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        for (int i = 0; i < 5; i++)
        {
            await producer.SendAsync("orders", null, $"{i}").DoneAsync();
        }

        Assert.Equal(2, await Admin.DeleteRecordsAsync(partition, beforeOffset: 2).DoneAsync());
        await using Consumer consumer = _client.CreateConsumer();
        consumer.Assign(partition, StartPosition.Beginning);
        Assert.Equal(["2", "3", "4"], (await ConsumerTests.TakeAsync(consumer, 3)).Select(record => record.ValueText));

        Assert.Equal(5, await Admin.DeleteRecordsAsync(partition, beforeOffset: null).DoneAsync());
        await FailsAsync(ErrorCode.OffsetOutOfRange, Admin.DeleteRecordsAsync(partition, beforeOffset: 17));
    }

    [Fact]
    public async Task Offsets_are_found_by_position_and_time()
    {
        await Admin.CreateTopicAsync("orders", partitions: 2).DoneAsync();
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        foreach (long time in new long[] { 1000, 2000, 3000 })
        {
            await producer.SendAsync("orders", ProducerRecord.OfText(null, "v") with { Partition = 1, TimestampMs = time }).DoneAsync();
        }

        Assert.Equal([0, 0], (await Admin.ListTopicOffsetsAsync("orders", StartPosition.Beginning).DoneAsync()).Select(answer => answer.Offset));
        Assert.Equal([0, 3], (await Admin.ListTopicOffsetsAsync("orders", StartPosition.End).DoneAsync()).Select(answer => answer.Offset));
        StartPosition time1500 = StartPosition.AtTime(DateTimeOffset.FromUnixTimeMilliseconds(1500));
        OffsetAnswer found = (await Admin.ListTopicOffsetsAsync("orders", time1500).DoneAsync())[1];
        Assert.Equal((1, 2000), (found.Offset, found.TimestampMs));
        StartPosition late = StartPosition.AtTime(DateTimeOffset.FromUnixTimeMilliseconds(9000));
        Assert.Equal(-1, (await Admin.ListTopicOffsetsAsync("orders", late).DoneAsync())[1].Offset);
        await FailsAsync(ErrorCode.UnknownTopicOrPartition, Admin.ListTopicOffsetsAsync("nowhere", StartPosition.End));
        await FailsAsync(ErrorCode.InvalidPartitions, Admin.ListOffsetsAsync([new NamedPartition("orders", 9)], StartPosition.End));
    }

    [Fact]
    public async Task The_cluster_and_its_logs_are_described()
    {
        await Admin.CreateTopicAsync("orders", partitions: 2).DoneAsync();
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        await producer.SendAsync("orders", ProducerRecord.OfText(null, "v") with { Partition = 1 }).DoneAsync();

        ClusterDescription cluster = await Admin.DescribeClusterAsync().DoneAsync();
        Assert.Equal(_broker.Endpoint, Assert.Single(cluster.Brokers).Endpoint);
        Assert.NotEmpty(cluster.ClusterId);
        IReadOnlyList<LogDescription> logs = await Admin.DescribeLogsAsync(["orders"]).DoneAsync();
        Assert.Equal([0, 1], logs.Select(log => log.Partition.Partition));
        Assert.Equal((0, 1, 1), (logs[1].LogStartOffset, logs[1].LogEndOffset, logs[1].HighWatermark));
        Assert.True(logs[1].SizeBytes > 61);
    }

    private static async Task FailsAsync(ErrorCode code, Task call)
    {
        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => call.DoneAsync());
        Assert.Equal(code, failure.Code);
        Assert.NotEmpty(failure.Message);
    }
}
