using RaftStream.Client.Tests.Fakes;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

/// <summary>A consumer with a rack goes where the leader sends it, and back to the leader on any error .</summary>
public sealed class FollowerReadTests
{
    private const string Topic = "orders";

    private static readonly NamedPartition Zero = new(Topic, 0);

    [Theory]
    [InlineData(ErrorCode.OffsetOutOfRange)]
    [InlineData(ErrorCode.OffsetNotAvailable)]
    [InlineData(ErrorCode.NotLeaderOrFollower)]
    public async Task The_named_replica_is_read_until_it_fails_and_then_the_leader_without_a_reset(ErrorCode error)
    {
        var cluster = new FakeCluster(brokers: 2);
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("a");
        cluster.OnReadFrom = (node, rack) => node == 1 && rack == "near" ? 2 : null;
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { ClientRack = "near", OffsetReset = OffsetReset.None });
        consumer.Assign(Zero, StartPosition.Beginning);
        Assert.Equal("a", (await ConsumerTests.TakeAsync(consumer, 1)).Single().ValueText);
        Assert.Equal(1, cluster[2].ConsumeStreams);

        int refusals = 0;
        cluster.OnFetch = (_, _) => Interlocked.Increment(ref refusals) == 1 ? error : ErrorCode.None;
        log.Append("b");

        Assert.Equal("b", (await ConsumerTests.TakeAsync(consumer, 1).DoneAsync()).Single().ValueText);
        Assert.Equal((2, 1), (cluster[1].ConsumeStreams, cluster[2].ConsumeStreams));
    }

    [Fact]
    public async Task A_replica_that_dies_is_left_for_the_leader()
    {
        var cluster = new FakeCluster(brokers: 2);
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("a");
        cluster.OnReadFrom = (node, rack) => node == 1 && rack == "near" ? 2 : null;
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { ClientRack = "near" });
        consumer.Assign(Zero, StartPosition.Beginning);
        Assert.Single(await ConsumerTests.TakeAsync(consumer, 1));

        cluster[2].Stop();
        log.Append("b");

        Assert.Equal("b", (await ConsumerTests.TakeAsync(consumer, 1).DoneAsync()).Single().ValueText);
    }
}
