using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;
using RaftStream.Records;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration.Kafka;

/// <summary>Leaders are killed with kill -9 under librdkafka's idempotent producer and its consumer (S-R13, G-3, X-1, X-12).</summary>
public sealed class KafkaFailoverTests : BrokerTest
{
    private const string Topic = "orders";
    private const int Partitions = 3;
    private const int KeysOfPartition = 4; // as in produce.c
    private const int BetweenKills = 3_000;

    // librdkafka leaves a batch as it is when the codec would make it larger.
    private const int WorthTheCodec = 5;

    [KafkaFact(KafkaClient.Librdkafka)]
    public async Task Each_record_is_there_exactly_once_and_in_order_when_one_leader_is_lost_and_then_another()
    {
        string program = await RdkafkaClient.CompileAsync(Folder.Path);
        LocalCluster cluster = Own(await LocalCluster.StartAsync(Folder, controllers: 3, brokers: 3));
        await CreateAsync(cluster);
        string brokers = string.Join(',', cluster.Brokers.Select(broker => broker.KafkaEndpoint));
        string partitions = Partitions.ToString(CultureInfo.InvariantCulture);
        RdkafkaClient producer = Own(RdkafkaClient.Start(program, "produce", brokers, Topic, partitions, "zstd"));
        RdkafkaClient consumer = Own(RdkafkaClient.Start(program, "consume", brokers, Topic, partitions));
        await ReachAsync();

        int first = await LeaderAsync(cluster, another: 0);
        await cluster[first].KillAsync();
        await ReachAsync();
        cluster.Start(first);
        int second = await LeaderAsync(cluster, another: first); // once it may be missed
        await cluster[second].KillAsync();
        await ReachAsync();
        await producer.EndAsync();
        await consumer.EndAsync();

        IReadOnlyList<(int Partition, long Offset, string Value)> delivered = producer.Records, read = consumer.Records;
        ThinClient client = ClientOf(cluster[first]);
        for (int partition = 0; partition < Partitions; partition++)
        {
            // All were delivered: the log is what was sent, no record twice, none missing, none before an earlier one.
            string[] sent = [.. Enumerable.Range(0, delivered.Count(one => one.Partition == partition)).Select(i => $"{(i * Partitions) + partition}")];
            (long, string)[] log = [.. sent.Select((value, i) => ((long)i, value))];
            Assert.Equal(log, delivered.Where(one => one.Partition == partition).Select(one => (one.Offset, one.Value)).Order());
            Assert.Equal(log, read.Where(one => one.Partition == partition).Select(one => (one.Offset, one.Value)));
            List<Record> byGrpc = await client.ReadAllAsync(Topic, partition);
            Assert.Equal(log, byGrpc.Select(record => (record.Offset, record.Value.ToStringUtf8())));
            Assert.Equal(sent.Select(KeyOf), byGrpc.Select(record => record.Key.ToStringUtf8()));
            RecordBatchHeader[] large = [.. (await client.StoredBatchesAsync(Topic, partition)).Where(batch => batch.RecordCount >= WorthTheCodec)];
            Assert.NotEmpty(large);
            Assert.All(large, batch => Assert.Equal(CompressionCodec.Zstd, batch.Codec));
        }

        // So many more; what was sent before was sent first, so no partition lags far behind.
        async Task ReachAsync()
        {
            int from = producer.Count;
            await Eventually.HoldsAsync(
                () =>
                {
                    Assert.True(producer.IsRunning && consumer.IsRunning, $"{producer.Complaints}\n{consumer.Complaints}");
                    return producer.Count >= from + BetweenKills;
                },
                () => $"{producer.Count} delivered, {consumer.Count} read\n{producer.Complaints}\n{consumer.Complaints}\n{cluster.Story()}",
                2 * Eventually.Patience);
        }
    }

    private static string KeyOf(string value) =>
        $"customer-of-all-these-orders-{int.Parse(value, CultureInfo.InvariantCulture) % (KeysOfPartition * Partitions)}";

    private static async Task CreateAsync(LocalCluster cluster)
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
    }

    /// <summary>Waits until all replicas are in sync, so that one may be lost, and one leads that is not <paramref name="another"/>.</summary>
    private static async Task<int> LeaderAsync(LocalCluster cluster, int another)
    {
        await using RaftStreamClient client = cluster.Connect();
        int leader = another;
        await Eventually.HoldsAsync(
            async () =>
            {
                IReadOnlyList<PartitionDescription> partitions = (await client.Admin.DescribeTopicAsync(Topic)).Partitions;
                leader = partitions.Select(partition => partition.Leader).FirstOrDefault(one => one > 0 && one != another, another);
                return leader != another && partitions.All(partition => partition.Isr.Count == 3);
            },
            cluster.Story,
            2 * Eventually.Patience);
        return leader;
    }
}
