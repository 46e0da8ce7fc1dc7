using System.Collections.Concurrent;
using System.Globalization;
using Grpc.Core;
using RaftStream.Client;
using RaftStream.Client.V1;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration;

/// <summary>A leader is killed with kill -9 while clients work: nothing acknowledged is lost and nothing changes its order (S-R13, X-1, X-12).</summary>
public sealed class LeaderLossTests : BrokerTest
{
    private const string Topic = "orders";
    private const int BeforeTheKill = 100;
    private const int AfterTheKill = 200;

    [Fact]
    public async Task A_thin_client_of_one_broker_goes_on_over_the_loss_of_the_leader()
    {
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 1, brokers: 3));
        int leader = await CreateAsync(cluster, partitions: 1);
        BrokerProcess other = cluster.Brokers.First(broker => broker != cluster[leader]);
        ThinClient client = ClientOf(other);
        var acknowledged = new ConcurrentDictionary<long, string>();
        var read = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();
        Task producing = ProduceAsync(client, acknowledged, enough.Token);
        Task consuming = ConsumeAsync(client, read, enough.Token);

        await ReachAsync(BeforeTheKill);
        await cluster[leader].KillAsync();
        await ReachAsync(acknowledged.Count + AfterTheKill);
        await enough.CancelAsync();
        await Task.WhenAll(producing, consuming);

        string[] log = [.. (await client.ReadAllAsync(Topic, 0)).Select(record => record.Value.ToStringUtf8())];
        Assert.All(acknowledged, one => Assert.Equal(one.Value, log[one.Key]));
        Assert.Equal(log.Take(read.Count), read);
        Assert.Equal(log.Select(Number).Order(), log.Select(Number)); // sent one after the other; what was sent again may stand twice

        Task ReachAsync(int count) => Eventually.HoldsAsync(
            () => acknowledged.Count >= count && read.Count >= count,
            () => $"{acknowledged.Count} acknowledged, {read.Count} read of {count}:\n{cluster.Story()}");
    }

    [Fact]
    public async Task Sdk_clients_go_on_over_the_loss_of_a_leader()
    {
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 1, brokers: 3));
        int leader = await CreateAsync(cluster, partitions: 3);
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer();
        await using Consumer consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);
        var acknowledged = new ConcurrentDictionary<(int Partition, long Offset), string>();
        var read = new ConcurrentDictionary<(int Partition, long Offset), string>();
        var readInOrder = new ConcurrentQueue<string>();
        using var enough = new CancellationTokenSource();
        Task consuming = ConsumeAsync();
        Task[] sent = await SendAsync(first: 0);
        await HoldsAsync(() => acknowledged.Count >= BeforeTheKill);

        await cluster[leader].KillAsync();
        Task[] sentLater = await SendAsync(first: sent.Length);
        await Task.WhenAll([.. sent, .. sentLater]).WaitAsync(Eventually.Patience);
        await HoldsAsync(() => acknowledged.Keys.All(read.ContainsKey));
        await enough.CancelAsync();
        await consuming;

        Assert.All(acknowledged, one => Assert.Equal(one.Value, read[one.Key]));
        foreach (IGrouping<string, string> key in readInOrder.GroupBy(value => value.Split(':')[0]))
        {
            int[] numbers = [.. key.Select(value => Number(value.Split(':')[1])).Distinct()];
            Assert.Equal(numbers.Order(), numbers);
        }

        // Nobody waits for an answer before the next one is sent.
        async Task<Task[]> SendAsync(int first)
        {
            var tasks = new List<Task>();
            for (int i = first; i < first + AfterTheKill; i++)
            {
                string key = $"key {i % 7}";
                tasks.Add(SendOneAsync(key, $"{key}:{i}"));
                await Task.Yield();
            }

            return [.. tasks];
        }

        async Task SendOneAsync(string key, string value)
        {
            DeliveryReport report = await producer.SendAsync(Topic, key, value);
            acknowledged[(report.Partition.Partition, report.Offset)] = value;
        }

        async Task ConsumeAsync()
        {
            try
            {
                await foreach (ConsumedRecord record in consumer.ConsumeAsync(enough.Token))
                {
                    Assert.True(read.TryAdd((record.Partition.Partition, record.Offset), record.ValueText!), "an offset came twice");
                    readInOrder.Enqueue(record.ValueText!);
                }
            }
            catch (OperationCanceledException) when (enough.IsCancellationRequested)
            {
                // Enough was read.
            }
        }

        Task HoldsAsync(Func<bool> condition) => Eventually.HoldsAsync(
            condition, () => $"{acknowledged.Count} acknowledged, {read.Count} read:\n{cluster.Story()}");
    }

    [Fact]
    public async Task R_11_5_a_consumer_reads_in_its_rack_and_from_others_when_that_broker_is_lost()
    {
        LocalCluster cluster = Own(await LocalCluster.FormatAsync(Folder, controllers: 1, brokers: 3));
        cluster.Start(1);
        foreach (int id in new[] { 2, 3, 4 })
        {
            cluster.Start(id, $"--broker-rack=rack-{id}", "--replica-selector=rack");
        }

        await cluster.WaitReadyAsync();
        int leader = await CreateAsync(cluster, partitions: 1);
        int near = leader == 4 ? 2 : leader + 1;
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { ClientRack = $"rack-{near}" });
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);

        await SendAndReadAsync(0, 20);
        Assert.True(await HasServedAsync(near));
        Assert.False(await HasServedAsync(leader));

        await cluster[near].KillAsync();
        await SendAndReadAsync(20, 40);
        Assert.True(await HasServedAsync(leader));

        async Task SendAndReadAsync(int from, int to)
        {
            string[] values = [.. Enumerable.Range(from, to - from).Select(i => $"{i}")];
            foreach (string value in values)
            {
                await producer.SendAsync(Topic, null, value);
            }

            var read = new List<string>();
            using var patience = new CancellationTokenSource(Eventually.Patience);
            await foreach (ConsumedRecord record in consumer.ConsumeAsync(patience.Token))
            {
                read.Add(record.ValueText!);
                if (read.Count == values.Length)
                {
                    break;
                }
            }

            Assert.Equal(values, read);
        }

        async Task<bool> HasServedAsync(int id)
        {
            (_, string metrics) = await cluster[id].GetAsync("/metrics");
            return metrics.Split('\n').Any(line => line.StartsWith("raftstream_fetch_bytes_total ", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
        }
    }

    /// <returns>The leader of partition 0.</returns>
    private static async Task<int> CreateAsync(LocalCluster cluster, int partitions)
    {
        await using RaftStreamClient client = cluster.Connect();
        var topic = new TopicSpec
        {
            Name = Topic,
            Partitions = partitions,
            ReplicationFactor = 3,
            Configs = new Dictionary<string, string> { ["min.insync.replicas"] = "2" },
        };
        (await client.Admin.CreateTopicsAsync([topic]))[0].ThrowIfFailed();
        return (await client.Admin.DescribeTopicAsync(Topic)).Partitions[0].Leader;
    }

    // One record after the other; the same again until it is acknowledged.
    private static async Task ProduceAsync(ThinClient client, ConcurrentDictionary<long, string> acknowledged, CancellationToken enough)
    {
        for (int i = 0; !enough.IsCancellationRequested;)
        {
            try
            {
                string value = i.ToString(CultureInfo.InvariantCulture);
                ProduceResponse response = await client.ProduceAsync(Topic, 0, value);
                if (response.Error is null)
                {
                    Assert.True(acknowledged.TryAdd(response.BaseOffset, value), "an offset was given twice");
                    i++;
                }
            }
            catch (RpcException)
            {
                // Its outcome is unknown: it is sent again.
            }
        }
    }

    private static async Task ConsumeAsync(ThinClient client, ConcurrentQueue<string> read, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                var from = new FetchPartition { Topic = new TopicRef { Name = Topic }, FetchOffset = read.Count };
                using AsyncServerStreamingCall<ConsumeResponse> call = client.Log.Consume(
                    new ConsumeRequest { Partitions = { from }, Format = RecordFormat.Records, HeartbeatMs = 100 }, cancellationToken: enough);
                while (await call.ResponseStream.MoveNext(enough) && call.ResponseStream.Current.Records.Error is null)
                {
                    foreach (Client.V1.Record record in call.ResponseStream.Current.Records.Records)
                    {
                        read.Enqueue(record.Value.ToStringUtf8());
                    }
                }
            }
            catch (RpcException)
            {
                // The stream is gone: another one goes on behind what was read.
            }
        }
    }

    private static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);
}
