using System.Collections.Immutable;
using System.Diagnostics;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Benchmarks.Images;

/// <summary>
/// The metadata image at the sizes it is meant for: memory, time to load a snapshot, to apply one change, and to decide
/// the failover of a broker that leads a third of all partitions.
/// </summary>
internal static class ImageScale
{
    private const int Brokers = 3;

    public static void Run()
    {
        Console.WriteLine("topics x partitions | image MB | bytes/partition | load s | one change us | failover of a third: decide ms, records, apply ms | in pieces: number, longest ms, all ms");
        foreach ((int topics, int partitions) in new[] { (100, 10), (10_000, 10), (10_000, 100), (100, 10_000) })
        {
            Measure(topics, partitions);
        }
    }

    private static void Measure(int topics, int partitions)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long started = Stopwatch.GetTimestamp();
        MetadataImage image = ImageSnapshot.Read(Records(topics, partitions), endOffset: 1_000_000_000);
        double loadSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;

        double changeMicroseconds = OneChange(image);
        var id = new NodeId(1);
        ImmutableArray<MetadataRecord> records = [];
        double decideMs = Best(3, () => records = BrokerControl.Fence(image, id, image.Brokers.ById[id].Epoch).Records);
        double applyMs = Best(3, () => Apply(image, records));
        (int pieces, double longestMs, double totalMs) = PieceByPiece(image, id);
        GC.KeepAlive(image);
        int count = topics * partitions;
        Console.WriteLine(
            $"{topics} x {partitions} = {count} | {bytes / 1e6:F1} | {bytes / count} | {loadSeconds:F2} | {changeMicroseconds:F1} | {decideMs:F1}, {records.Length}, {applyMs:F1} | {pieces}, {longestMs:F1}, {totalMs:F0}");
    }

    /// <summary>The failover as the controller does it: decide and apply a piece, then whatever else waits, then the next (C-14.6).</summary>
    private static (int Pieces, double LongestMs, double TotalMs) PieceByPiece(MetadataImage image, NodeId id)
    {
        int pieces = 0;
        double longestMs = 0;
        double totalMs = 0;
        while (image.Brokers.IsActive(id))
        {
            long started = Stopwatch.GetTimestamp();
            image = Apply(image, BrokerControl.Fence(image, id, image.Brokers.ById[id].Epoch, HeartbeatControl.MostPartitionsAtOnce).Records);
            double tookMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            longestMs = Math.Max(longestMs, tookMs);
            totalMs += tookMs;
            pieces++;
        }

        return (pieces, longestMs, totalMs);
    }

    /// <summary>A thousand times an ISR of some partition shrinks by one, in a delta of its own.</summary>
    private static double OneChange(MetadataImage image)
    {
        const int Changes = 1000;
        var prng = new Prng(7);
        var change = new PartitionChange(image.Brokers, image.Configs, ControllerSettings.Default);
        ImmutableArray<TopicImage> topics = [.. image.Topics.InOrder()];
        ImmutableArray<MetadataRecord>[] batches =
        [
            .. Enumerable.Range(0, Changes).Select(_ =>
            {
                TopicImage topic = topics[prng.Next(topics.Length)];
                PartitionState state = topic.Partitions[prng.Next(topic.Partitions.Count)];
                return ImmutableArray.Create(PartitionChange.Record(topic.Id, change.To(topic, state, state.Isr.RemoveAt(2))!));
            }),
        ];
        return Best(3, () => Array.ForEach(batches, batch => Apply(image, batch))) * 1000 / Changes;
    }

    private static MetadataImage Apply(MetadataImage image, ImmutableArray<MetadataRecord> records)
    {
        var delta = new MetadataDelta(image);
        long offset = image.EndOffset;
        foreach (MetadataRecord record in records)
        {
            delta.Replay(record, offset++);
        }

        return delta.Apply();
    }

    private static double Best(int runs, Action run) => Enumerable.Range(0, runs).Min(_ =>
    {
        long started = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    });

    /// <summary>Records of a snapshot: every partition has all brokers as replicas, leaders in turn.</summary>
    private static IEnumerable<MetadataRecord> Records(int topics, int partitions)
    {
        for (int broker = 1; broker <= Brokers; broker++)
        {
            yield return new MetadataRecord
            {
                RegisterBroker = new RegisterBrokerRecord
                {
                    BrokerId = broker,
                    IncarnationId = Id(broker),
                    LogDirId = Id(broker),
                    SnapshotEpoch = broker,
                },
            };
        }

        for (int topic = 0; topic < topics; topic++)
        {
            Google.Protobuf.ByteString id = Id(topic + 1);
            yield return new MetadataRecord { Topic = new TopicRecord { TopicId = id, Name = $"topic-{topic:D6}" } };
            for (int partition = 0; partition < partitions; partition++)
            {
                int[] replicas = [.. Enumerable.Range(0, Brokers).Select(i => 1 + ((partition + topic + i) % Brokers))];
                yield return new MetadataRecord
                {
                    Partition = new PartitionRecord
                    {
                        TopicId = id,
                        Partition = partition,
                        Replicas = { replicas },
                        Isr = { replicas },
                        Leader = replicas[0],
                        MinIsr = 2,
                        LastUncleanEpoch = -1,
                        LastKnownLeader = -1,
                    },
                };
            }
        }
    }

    private static Google.Protobuf.ByteString Id(int number) =>
        Google.Protobuf.ByteString.CopyFrom(new Guid(number, 0, 0, new byte[8]).ToByteArray(bigEndian: true));
}
