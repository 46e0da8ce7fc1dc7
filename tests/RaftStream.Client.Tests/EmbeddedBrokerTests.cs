using RaftStream.Client.Tests.Fakes;
using RaftStream.Embedded;

namespace RaftStream.Client.Tests;

public sealed class EmbeddedBrokerTests
{
    private const string Topic = "orders";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_produced_is_consumed(bool inMemory)
    {
        await using RaftStreamBroker broker = await StartAsync(inMemory, partitions: 3);
        await using RaftStreamClient client = broker.CreateClient();
        await using Producer producer = client.CreateProducer();
        string[] values = [.. Enumerable.Range(0, 1000).Select(i => $"value {i}")];

        DeliveryReport[] reports = await Task.WhenAll(values.Select(value => producer.SendAsync(Topic, value, value).AsTask())).DoneAsync();

        await using Consumer consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);
        List<ConsumedRecord> records = await ConsumerTests.TakeAsync(consumer, values.Length);
        Assert.Equal(values.Order(StringComparer.Ordinal), records.Select(record => record.ValueText!).Order(StringComparer.Ordinal));
        var byPlace = records.ToDictionary(record => (record.Partition, record.Offset), record => record.KeyText);
        Assert.All(reports.Zip(values), pair => Assert.Equal(pair.Second, byPlace[(pair.First.Partition, pair.First.Offset)]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_and_topics_survive_a_restart_on_the_same_port(bool inMemory)
    {
        await using RaftStreamBroker broker = await StartAsync(inMemory);
        string endpoint = broker.Endpoint;
        await using RaftStreamClient client = broker.CreateClient();
        await using Producer producer = client.CreateProducer();
        await producer.SendAsync(Topic, null, "before").DoneAsync();

        await broker.RestartAsync().DoneAsync();
        await producer.SendAsync(Topic, null, "after").DoneAsync();

        Assert.Equal(endpoint, broker.Endpoint);
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(new NamedPartition(Topic, 0), StartPosition.Beginning);
        Assert.Equal(["before", "after"], (await ConsumerTests.TakeAsync(consumer, 2)).Select(record => record.ValueText));
    }

    [Fact]
    public async Task Acknowledged_records_survive_crashes_and_readers_go_on()
    {
        await using RaftStreamBroker broker = await StartAsync(inMemory: false);
        await using RaftStreamClient client = broker.CreateClient();
        await using Producer producer = client.CreateProducer();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(new NamedPartition(Topic, 0), StartPosition.Beginning);
        await using var reading = consumer.ConsumeAsync().GetAsyncEnumerator();
        for (int round = 0; round < 3; round++)
        {
            long offset = (await producer.SendAsync(Topic, null, $"round {round}").DoneAsync()).Offset;
            // A retry may store a record twice; what was acknowledged comes at its offset.
            do
            {
                Assert.True(await reading.MoveNextAsync().DoneAsync());
            }
            while (reading.Current.Offset < offset);

            Assert.Equal($"round {round}", reading.Current.ValueText);
            await broker.CrashAsync().DoneAsync();
            await broker.StartAgainAsync().DoneAsync();
        }
    }

    [Fact]
    public async Task Many_brokers_live_in_one_process()
    {
        RaftStreamBroker[] brokers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StartAsync(inMemory: true))).DoneAsync();

        foreach (RaftStreamBroker broker in brokers)
        {
            await using RaftStreamClient client = broker.CreateClient();
            await using Producer producer = client.CreateProducer();
            Assert.Equal(0, (await producer.SendAsync(Topic, null, "v").DoneAsync()).Offset);
            await broker.DisposeAsync();
        }

        Assert.Equal(brokers.Length, brokers.Select(broker => broker.Endpoint).Distinct().Count());
    }

    [Fact]
    public async Task The_temporary_folder_goes_with_the_broker_and_a_given_one_stays()
    {
        RaftStreamBroker temporary = await StartAsync(inMemory: false);
        Assert.True(Directory.Exists(temporary.DataDirectory));
        await temporary.DisposeAsync();
        Assert.False(Directory.Exists(temporary.DataDirectory));

        DirectoryInfo given = Directory.CreateTempSubdirectory();
        try
        {
            RaftStreamBroker broker = await RaftStreamBroker.StartAsync(new RaftStreamBrokerOptions { DataDirectory = given.FullName });
            await broker.DisposeAsync();
            Assert.NotEmpty(given.GetFileSystemInfos());
        }
        finally
        {
            given.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Starting_twice_and_starting_when_disposed_are_mistakes()
    {
        RaftStreamBroker broker = await StartAsync(inMemory: true);

        await Assert.ThrowsAsync<InvalidOperationException>(() => broker.StartAgainAsync());
        await broker.StopAsync();
        Assert.False(broker.IsRunning);
        await broker.StopAsync();
        await broker.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => broker.StartAgainAsync());
    }

    internal static Task<RaftStreamBroker> StartAsync(bool inMemory, int partitions = 1) =>
        RaftStreamBroker.StartAsync(new RaftStreamBrokerOptions { InMemory = inMemory, Topics = new Dictionary<string, int> { [Topic] = partitions } });
}
