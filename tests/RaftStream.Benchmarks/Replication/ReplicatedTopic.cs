using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary>A topic of three replicas, min.insync.replicas=2, as the measurements of failures use it.</summary>
internal sealed class ReplicatedTopic(RaftStreamClient client, string name, int partitions)
{
    private const int Replicas = 3;

    /// <summary>Creates it, and waits until all replicas of all partitions are in sync.</summary>
    public async Task CreateAsync()
    {
        (await client.Admin.CreateTopicsAsync(
        [
            new TopicSpec
            {
                Name = name,
                Partitions = partitions,
                ReplicationFactor = Replicas,
                Configs = new Dictionary<string, string> { ["min.insync.replicas"] = "2" },
            },
        ]))[0].ThrowIfFailed();
        await UntilInSyncAsync();
    }

    /// <summary>Waits until each partition is led and all its replicas are in sync.</summary>
    public async Task UntilInSyncAsync()
    {
        while ((await PartitionsAsync()).Count(p => p.Leader >= 0 && p.Isr.Count == Replicas) < partitions)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(partitions < 100 ? 20 : 200));
        }
    }

    /// <summary>Its partitions, as the metadata have them now.</summary>
    public async Task<IReadOnlyList<PartitionDescription>> PartitionsAsync() => (await client.Admin.DescribeTopicAsync(name)).Partitions;

    /// <summary>A record for each of some partitions; ends when all are acknowledged.</summary>
    public Task<DeliveryReport[]> ProduceAsync(Producer producer, IEnumerable<int> to) =>
        Task.WhenAll(to.Select(partition => producer.SendAsync(name, new ProducerRecord { Partition = partition, Value = "x"u8.ToArray() }).AsTask()));
}
