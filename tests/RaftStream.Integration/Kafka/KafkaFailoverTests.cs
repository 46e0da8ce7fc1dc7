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

        (int first, int heir) = await KillLeaderAsync(cluster, another: 0);
        await ReachAsync();
        long sentAgain = 0;
        cluster.Start(first);
        (_, heir) = await KillLeaderAsync(cluster, another: first, async () => sentAgain = await DuplicatesAsync(cluster[heir]));
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

        Assert.InRange(sentAgain + await DuplicatesAsync(cluster[heir]), 1, long.MaxValue); // that it was tried at all

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

    /// <summary>
    /// Waits until all replicas are in sync, so that one may be lost, and kills a leader that is not <paramref name="another"/>, when its heir
    /// has records that are not acknowledged yet, since the third replica sleeps. They are sent again, to the heir.
    /// </summary>
    private static async Task<(int Killed, int Heir)> KillLeaderAsync(LocalCluster cluster, int another, Func<Task>? before = null)
    {
        await using RaftStreamClient client = cluster.Connect();
        PartitionDescription? chosen = null;
        await HoldsAsync(async () =>
        {
            IReadOnlyList<PartitionDescription> partitions = (await client.Admin.DescribeTopicAsync(Topic)).Partitions;
            chosen = partitions.FirstOrDefault(partition => partition.Leader > 0 && partition.Leader != another);
            return chosen is not null && partitions.All(partition => partition.Isr.Count == 3);
        });
        if (before is not null)
        {
            await before();
        }

        int killed = chosen!.Leader;
        int[] followers = [.. chosen.Replicas.Where(replica => replica != killed)]; // the first of them is the heir
        cluster[followers[1]].Suspend();
        try
        {
            long acknowledged = BytesAt(killed);
            await HoldsAsync(() => Task.FromResult(BytesAt(followers[0]) > acknowledged));
            await cluster[killed].KillAsync();
        }
        finally
        {
            cluster[followers[1]].Resume();
        }

        return (killed, followers[0]);

        // Whatever the third replica has, it had before.
        long BytesAt(int id) => new DirectoryInfo(Path.Combine(cluster.SetupOf(id).DataDirectory, $"{Topic}-{chosen.Partition}"))
            .EnumerateFiles("*.log").Sum(file => file.Length);

        Task HoldsAsync(Func<Task<bool>> condition) => Eventually.HoldsAsync(condition, cluster.Story, 2 * Eventually.Patience);
    }

    /// <summary>Batches that were in the log of this broker already when they came again.</summary>
    private static async Task<long> DuplicatesAsync(BrokerProcess broker)
    {
        (_, string metrics) = await broker.GetAsync("/metrics");
        string prefix = "raftstream_produce_duplicates_total ";
        return metrics.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal))
            .Sum(line => long.Parse(line[prefix.Length..], CultureInfo.InvariantCulture));
    }
}
