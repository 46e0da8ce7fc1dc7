using System.Collections.Concurrent;
using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;
using Xunit.Abstractions;

namespace RaftStream.Integration;

/// <summary>Partitions leave a broker, and come to a new one, while producers write: nothing fails and nothing is lost .</summary>
public sealed class MovingPartitionsTests(ITestOutputHelper output) : BrokerTest
{
    private const int Partitions = 4;
    private const int Producers = 3;

    [Fact]
    public async Task A_broker_is_drained_stopped_forgotten_and_replaced_under_load()
    {
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 1, brokers: 3));
        await using RaftStreamClient client = cluster.Connect();
        var topic = new TopicSpec
        {
            Name = "orders",
            Partitions = Partitions,
            ReplicationFactor = 2,
            Configs = new Dictionary<string, string> { ["min.insync.replicas"] = "2" },
        };
        (await client.Admin.CreateTopicsAsync([topic]))[0].ThrowIfFailed();
        var acknowledged = new ConcurrentQueue<(int Partition, long Offset, string Value)>();
        using var enough = new CancellationTokenSource();
        Task[] producing = [.. Enumerable.Range(0, Producers).Select(number => ProduceAsync(cluster, number, acknowledged, enough.Token))];
        await ProgressAsync(acknowledged, cluster);

        await RunAsync(cluster, "broker", "drain", "4", "--bootstrap", cluster[2].Endpoint);
        Assert.DoesNotContain((await client.Admin.DescribeTopicAsync("orders")).Partitions, p => p.Replicas.Contains(4));
        await ProgressAsync(acknowledged, cluster);
        Assert.Equal(0, await cluster[4].TerminateAsync());
        await RunAsync(cluster, "broker", "unregister", "4", "--bootstrap", cluster[2].Endpoint);
        await ProgressAsync(acknowledged, cluster);

        cluster.Start(4);
        await cluster[4].WaitReadyAsync();
        await RunAsync(cluster, "partition", "reassign", "--add-broker", "4", "--bootstrap", cluster[2].Endpoint);
        Assert.Contains((await client.Admin.DescribeTopicAsync("orders")).Partitions, p => p.Replicas.Contains(4));
        await ProgressAsync(acknowledged, cluster);
        await enough.CancelAsync();
        await Task.WhenAll(producing);

        output.WriteLine($"{acknowledged.Count} records acknowledged");
        await CheckAsync(client, acknowledged);
    }

    // Each sends a record, awaits its acknowledgement, sends the next.
    private static async Task ProduceAsync(
        LocalCluster cluster, int number, ConcurrentQueue<(int Partition, long Offset, string Value)> acknowledged, CancellationToken enough)
    {
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        for (int i = 0; !enough.IsCancellationRequested; i++)
        {
            string value = string.Create(CultureInfo.InvariantCulture, $"producer {number} record {i}");
            DeliveryReport report = await producer.SendAsync("orders", key: value, value, CancellationToken.None);
            acknowledged.Enqueue((report.Partition.Partition, report.Offset, value));
        }
    }

    private static Task ProgressAsync(ConcurrentQueue<(int Partition, long Offset, string Value)> acknowledged, LocalCluster cluster)
    {
        int goal = acknowledged.Count + 200;
        return Eventually.HoldsAsync(() => acknowledged.Count >= goal, () => $"{acknowledged.Count} of {goal} acknowledged:\n{cluster.Story()}");
    }

    private async Task RunAsync(LocalCluster cluster, params string[] arguments)
    {
        (int exitCode, string text) = await LocalCluster.RunAsync(arguments);
        output.WriteLine(text);
        Assert.True(exitCode == 0, $"{text}\n{cluster.Story()}");
    }

    private static async Task CheckAsync(RaftStreamClient client, ConcurrentQueue<(int Partition, long Offset, string Value)> acknowledged)
    {
        var read = new Dictionary<(int Partition, long Offset), string>();
        IReadOnlyList<OffsetAnswer> ends = await client.Admin.ListTopicOffsetsAsync("orders", StartPosition.End);
        await using Consumer consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync("orders", StartPosition.Beginning);
        long total = ends.Sum(end => end.Offset);
        await foreach (ConsumedRecord record in consumer.ConsumeAsync())
        {
            read.Add((record.Partition.Partition, record.Offset), record.ValueText!);
            if (read.Count == total)
            {
                break;
            }
        }

        foreach ((int partition, long offset, string value) in acknowledged)
        {
            Assert.Equal(value, read.GetValueOrDefault((partition, offset)));
        }
    }
}
