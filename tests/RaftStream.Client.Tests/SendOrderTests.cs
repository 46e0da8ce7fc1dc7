using RaftStream.Client.Producing;
using RaftStream.Client.Tests.Fakes;
using RaftStream.Model;

namespace RaftStream.Client.Tests;

/// <summary>Records of one producer to one partition are stored in the order in which they were sent, whatever they waited for.</summary>
public sealed class SendOrderTests
{
    private const string Topic = "orders";

    [Fact]
    public async Task Records_that_are_sent_before_the_topic_is_known_keep_their_order_and_so_do_those_behind_them()
    {
        var cluster = new FakeCluster();
        await using RaftStreamClient client = cluster.Connect(change: options => options with { UnknownTopicGrace = TimeSpan.FromMinutes(5) });
        await using Producer producer = client.CreateProducer();

        // Without a pause: some while nobody knows the topic, some while those wait in line, some later.
        Task[] first = [.. Values(5_000).Select(value => producer.SendAsync(Topic, "k", value).AsTask())];
        FakeLog log = cluster.AddTopic(Topic)[0];
        Task[] others = [.. Values(20_000).Skip(5_000).Select(value => producer.SendAsync(Topic, "k", value).AsTask())];
        await Task.WhenAll([.. first, .. others]).DoneAsync();

        Assert.Equal(Values(20_000), log.Values());
    }

    [Fact]
    public async Task Records_that_wait_for_memory_keep_their_order()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(
            new ProducerOptions { BatchBytes = 512, MemoryBytes = 2048, MaxBlock = TimeSpan.FromMinutes(5) });

        await SendAllAsync(producer, 2_000);

        Assert.Equal(Values(2_000), log.Values());
    }

    [Fact]
    public async Task Keys_keep_their_order_over_the_partitions()
    {
        var cluster = new FakeCluster();
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 5);
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer();

        await Task.WhenAll(Enumerable.Range(0, 5_000).Select(i => producer.SendAsync(Topic, $"key {i % 17}", $"{i}").AsTask())).DoneAsync();

        Assert.Equal(5_000, logs.Sum(log => log.Values().Count));
        Assert.All(logs, log => Assert.Equal(log.Values().Select(int.Parse).Order(), log.Values().Select(int.Parse)));
    }

    [Fact]
    public async Task A_record_that_is_given_up_while_it_waits_holds_up_nobody()
    {
        var cluster = new FakeCluster();
        await using RaftStreamClient client = cluster.Connect(change: options => options with { UnknownTopicGrace = TimeSpan.FromMinutes(5) });
        await using Producer producer = client.CreateProducer();
        using var tired = new CancellationTokenSource();

        Task<DeliveryReport> first = producer.SendAsync(Topic, "k", "first").AsTask();
        Task<DeliveryReport> second = producer.SendAsync(Topic, "k", "second", tired.Token).AsTask();
        Task<DeliveryReport> third = producer.SendAsync(Topic, "k", "third").AsTask();
        await tired.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        FakeLog log = cluster.AddTopic(Topic)[0];
        await Task.WhenAll(first, third).DoneAsync();

        Assert.Equal(["first", "third"], log.Values());
    }

    [Fact]
    public async Task Nobody_passes_by_those_who_wait_before_one_who_left()
    {
        var line = new WaitingLine();
        var gate = new TaskCompletionSource<int>();
        using var tired = new CancellationTokenSource();
        Task<int> first = line.EnterAsync(() => gate.Task, CancellationToken.None);
        Task<int> second = line.EnterAsync(() => Task.FromResult(2), tired.Token);
        Task<int> third = line.EnterAsync(() => Task.FromResult(3), CancellationToken.None);

        await tired.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        Assert.False(line.IsEmpty);

        gate.SetException(new RaftStreamException(ErrorCode.UnknownTopicOrPartition, "none"));
        await Assert.ThrowsAsync<RaftStreamException>(() => first);
        Assert.Equal(3, await third);
        await Eventually.TrueAsync(() => line.IsEmpty);
    }

    private static Task<DeliveryReport[]> SendAllAsync(Producer producer, int count) =>
        Task.WhenAll(Values(count).Select(value => producer.SendAsync(Topic, "k", value).AsTask())).DoneAsync();

    private static IEnumerable<string> Values(int count) => Enumerable.Range(0, count).Select(i => $"{i}");
}
