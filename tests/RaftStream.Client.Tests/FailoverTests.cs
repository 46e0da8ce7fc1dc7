using System.Collections.Immutable;
using RaftStream.Client.Routing;
using RaftStream.Client.Tests.Fakes;
using RaftStream.Client.V1;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

/// <summary>Brokers that die, hang, lag or move: clients find whoever leads, soon, and whom they ask first does not matter.</summary>
public sealed class FailoverTests
{
    private const string Topic = "orders";

    private static readonly NamedPartition Zero = new(Topic, 0);

    [Fact]
    public async Task Bootstrap_entries_that_are_dead_or_hang_are_passed_over()
    {
        var cluster = new FakeCluster(brokers: 3);
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Leader = 3;
        cluster[1].Stop();
        cluster[2].IsHanging = true;
        await using RaftStreamClient client = Connect(cluster, "nobody:9090", "node-1:9090", "node-2:9090", "node-3:9090");
        await using Producer producer = client.CreateProducer();

        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(i, (await producer.SendAsync(Topic, null, "a").DoneAsync()).Offset);
            await client.Admin.DescribeTopicAsync(Topic).DoneAsync();
        }
    }

    // Mutant: ProduceSession.GiveUpMoved that answers false; the records would wait for the request timeout.
    [Fact]
    public async Task A_producer_leaves_a_leader_that_hangs_when_another_leads()
    {
        var cluster = new FakeCluster(brokers: 3);
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = Connect(cluster);
        await using Producer producer = client.CreateProducer(new ProducerOptions { BatchBytes = 200 });
        await producer.SendAsync(Topic, null, "first").DoneAsync();

        cluster[1].IsHanging = true;
        Task<DeliveryReport>[] sent = [.. Enumerable.Range(0, 20).Select(i => producer.SendAsync(Topic, null, $"{i}").AsTask())];
        (log.Leader, log.LeaderEpoch) = (2, 1);

        await Task.WhenAll(sent).DoneAsync();
        Assert.Equal(["first", .. Enumerable.Range(0, 20).Select(i => $"{i}")], log.Values());
    }

    // Mutant: Fetcher without LookAfterSuspects; reading would go on after the stall time only.
    [Fact]
    public async Task A_consumer_leaves_a_leader_that_hangs_when_another_leads()
    {
        var cluster = new FakeCluster(brokers: 3);
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("a");
        await using RaftStreamClient client = Connect(cluster);
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { Heartbeat = TimeSpan.FromMilliseconds(20) });
        consumer.Assign(Zero, StartPosition.Beginning);
        Assert.Equal("a", (await ConsumerTests.TakeAsync(consumer, 1)).Single().ValueText);

        cluster[1].IsHanging = true;
        log.Ring();
        (log.Leader, log.LeaderEpoch) = (2, 1);
        log.Append("b");

        Assert.Equal("b", (await ConsumerTests.TakeAsync(consumer, 1).DoneAsync()).Single().ValueText);
    }

    [Fact]
    public async Task A_leader_that_hangs_does_not_hold_up_the_start_at_others()
    {
        var cluster = new FakeCluster(brokers: 2);
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 2);
        logs[1].Leader = 2;
        logs[1].Append("a");
        cluster[1].IsHanging = true;
        await using RaftStreamClient client = Connect(cluster);
        await using Consumer consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning).DoneAsync();

        Assert.Equal("a", (await ConsumerTests.TakeAsync(consumer, 1).DoneAsync()).Single().ValueText);
    }

    // Mutant: CallFirstAsync that always begins with the same broker.
    [Fact]
    public async Task A_broker_that_is_cut_off_and_names_the_leader_of_old_misleads_nobody()
    {
        var cluster = new FakeCluster(brokers: 2);
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = Connect(cluster);
        await using Producer producer = client.CreateProducer();
        await producer.SendAsync(Topic, null, "first").DoneAsync();
        GetMetadataResponse old = cluster.Metadata(1, new GetMetadataRequest());
        cluster.OnMetadata = (node, truth) => node == 1 ? old : truth;
        (log.Leader, log.LeaderEpoch) = (2, 1);

        for (int i = 1; i < 20; i++)
        {
            Assert.Equal(i, (await producer.SendAsync(Topic, null, "a").DoneAsync()).Offset);
            await client.Admin.DescribeTopicAsync(Topic).DoneAsync();
        }
    }

    // Mutant: NotOlderThan that answers itself.
    [Fact]
    public void A_view_takes_no_leader_epoch_back()
    {
        var id = new TopicId(Guid.NewGuid());
        ClusterView known = View(id, (2, 7), (1, 3));
        ClusterView older = View(id, (1, 6), (2, 3), (1, 0)) with { Endpoints = ImmutableDictionary<int, string>.Empty.Add(1, "node-1:9090") };

        ClusterView merged = older.NotOlderThan(known);

        Assert.Equal(["node-2:9090", "node-2:9090", "node-1:9090"], Enumerable.Range(0, 3).Select(i => merged.LeaderOf(new NamedPartition(Topic, i))));
        Assert.Equal(3, merged.Topics[Topic].Partitions.Length);
        Assert.Same(known, known.NotOlderThan(older));

        // Another topic of the same name begins anew.
        ClusterView recreated = View(new TopicId(Guid.NewGuid()), (1, 0));
        Assert.Same(recreated, recreated.NotOlderThan(known));
    }

    [Fact]
    public async Task A_broker_that_comes_back_under_another_address_is_found()
    {
        var cluster = new FakeCluster(brokers: 2);
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = Connect(cluster, "node-1:9090", "node-2:9090");
        await using Producer producer = client.CreateProducer();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        await producer.SendAsync(Topic, null, "a").DoneAsync();
        Assert.Single(await ConsumerTests.TakeAsync(consumer, 1).DoneAsync());

        cluster.Move(1, "elsewhere:9090");

        Assert.Equal(1, (await producer.SendAsync(Topic, null, "b").DoneAsync()).Offset);
        Assert.Equal("b", (await ConsumerTests.TakeAsync(consumer, 1).DoneAsync()).Single().ValueText);
        Assert.Equal(2, log.EndOffset);
    }

    [Fact]
    public void Pauses_stay_short_as_long_as_a_failover_may_last()
    {
        var time = new ManualTimeProvider();
        var options = new RaftStreamClientOptions { TimeProvider = time };
        var backoff = new Backoff(options);
        double[] longest = [.. Enumerable.Range(0, 60).Select(failures => Enumerable.Range(0, 50)
            .Max(_ => backoff.PauseTicks(failures) * 1000.0 / time.TimestampFrequency))];

        Assert.Equal(0, longest[0]);
        Assert.All(longest[1..25], pause => Assert.InRange(pause, 20, 100));
        Assert.InRange(longest[59], 500, 1000);
    }

    private static RaftStreamClient Connect(FakeCluster cluster, params string[] bootstrap) => cluster.Connect(change: options => options with
    {
        BootstrapEndpoints = bootstrap.Length > 0 ? bootstrap : options.BootstrapEndpoints,
        MetadataHedgeDelay = TimeSpan.FromMilliseconds(10),
        SuspectAfter = TimeSpan.FromMilliseconds(20),
        RequestTimeout = TimeSpan.FromMinutes(5),
    });

    private static ClusterView View(TopicId id, params (int Leader, int Epoch)[] partitions) => new(
        "fake",
        ImmutableDictionary<int, string>.Empty.Add(1, "node-1:9090").Add(2, "node-2:9090"),
        ImmutableDictionary<string, TopicView>.Empty.Add(Topic, new TopicView(
            Topic, id, [.. partitions.Select(partition => new PartitionView(new NodeId(partition.Leader), new LeaderEpoch(partition.Epoch)))])));
}
