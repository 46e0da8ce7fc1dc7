using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;

namespace RaftStream.Integration.Kafka;

/// <summary>A leader is killed with kill -9 under librdkafka's idempotent producer and its consumer (S-R13, G-3, X-1, X-12).</summary>
public sealed class KafkaFailoverTests : BrokerTest
{
    private const string Topic = "orders";
    private const int Partitions = 3;

    [KafkaFact(KafkaClient.Librdkafka)]
    public async Task Each_record_is_there_exactly_once_and_in_order_when_a_leader_is_lost()
    {
        string program = await RdkafkaClient.CompileAsync(Folder.Path);
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 3, brokers: 3));
        int leader = await CreateAsync(cluster);
        string brokers = string.Join(',', cluster.Brokers.Select(broker => broker.KafkaEndpoint));
        string partitions = Partitions.ToString(CultureInfo.InvariantCulture);
        RdkafkaClient producer = Own(RdkafkaClient.Start(program, "produce", brokers, Topic, partitions));
        RdkafkaClient consumer = Own(RdkafkaClient.Start(program, "consume", brokers, Topic, partitions));
        await ReachAsync(3_000);

        await cluster[leader].KillAsync();
        await ReachAsync(3_000);
        await producer.EndAsync();
        await consumer.EndAsync();

        IReadOnlyList<(int Partition, long Offset, string Value)> delivered = producer.Records, read = consumer.Records;
        for (int partition = 0; partition < Partitions; partition++)
        {
            // All were delivered: the log is what was sent, no record twice, none missing, none before an earlier one.
            string[] sent = [.. Enumerable.Range(0, delivered.Count(one => one.Partition == partition)).Select(i => $"{(i * Partitions) + partition}")];
            Assert.Equal(sent, delivered.Where(one => one.Partition == partition).OrderBy(one => one.Offset).Select(one => one.Value));
            Assert.Equal(
                sent.Select((value, i) => ((long)i, value)), read.Where(one => one.Partition == partition).Select(one => (one.Offset, one.Value)));
        }

        // So many more; what was sent before was sent first, so no partition lags far behind.
        async Task ReachAsync(int more)
        {
            int from = producer.Count;
            await Eventually.HoldsAsync(
                () =>
                {
                    Assert.True(producer.IsRunning && consumer.IsRunning, $"{producer.Complaints}\n{consumer.Complaints}");
                    return producer.Count >= from + more;
                },
                () => $"{producer.Count} delivered, {consumer.Count} read\n{producer.Complaints}\n{consumer.Complaints}\n{cluster.Story()}",
                2 * Eventually.Patience);
        }
    }

    /// <returns>The leader of partition 0.</returns>
    private static async Task<int> CreateAsync(LocalCluster cluster)
    {
        await using RaftStreamClient client = cluster.Connect();
        var topic = new TopicSpec
        {
            Name = Topic,
            Partitions = Partitions,
            ReplicationFactor = 3,
            Configs = new Dictionary<string, string> { ["min.insync.replicas"] = "2" },
        };
        (await client.Admin.CreateTopicsAsync([topic]))[0].ThrowIfFailed();
        return (await client.Admin.DescribeTopicAsync(Topic)).Partitions[0].Leader;
    }
}
