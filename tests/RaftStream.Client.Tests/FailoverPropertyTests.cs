using System.Globalization;
using RaftStream.Client.Tests.Fakes;

namespace RaftStream.Client.Tests;

/// <summary>One producer per partition and a consumer, through random failovers (P63, P64, P66; as far as clients make them true).</summary>
public sealed class FailoverPropertyTests
{
    private const string Topic = "orders";
    private const int Brokers = 3;
    private const int Partitions = 2;
    private const int Records = 500;

    public static TheoryData<ulong, bool> Seeds
    {
        get
        {
            var seeds = new TheoryData<ulong, bool>();
            for (ulong seed = 1; seed <= 12; seed++)
            {
                seeds.Add(seed, true);
                seeds.Add(seed, false);
            }

            return seeds;
        }
    }

    // Mutants: ProducerPartition.PutBack that puts what failed behind what waits; with idempotence, PartitionSequence.Number that numbers
    // each attempt anew. Every seed finds them.
    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task What_was_acknowledged_is_there_in_order_and_is_read_once(ulong seed, bool isIdempotent)
    {
        var cluster = new FakeCluster(Brokers);
        FakeLog[] logs = cluster.AddTopic(Topic, Partitions);
        await using var upheaval = new Upheaval(cluster, logs, Brokers, seed);
        await using RaftStreamClient client = cluster.Connect(change: options => options with
        {
            MetadataHedgeDelay = TimeSpan.FromMilliseconds(5),
            SuspectAfter = TimeSpan.FromMilliseconds(10),
            RequestTimeout = TimeSpan.FromMilliseconds(400),
        });
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions
        {
            OffsetReset = OffsetReset.None,
            Heartbeat = TimeSpan.FromMilliseconds(20),
            PrefetchBytes = 2000,
            MaxAnswerBytes = 400,
        });
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);
        var read = Enumerable.Range(0, Partitions).Select(_ => new List<string>()).ToArray();
        using var stop = new CancellationTokenSource();
        Task reading = ReadAsync(consumer, read, stop.Token);

        var deliveries = new Deliveries();
        var tickets = new List<(ProduceTicket Ticket, string Value)>();
        await using (Producer producer = client.CreateProducer(new ProducerOptions
        {
            Linger = TimeSpan.FromMilliseconds(1),
            BatchBytes = 160,
            MemoryBytes = 8 * 1024,
            DeliveryHandler = deliveries,
            DeliveryTimeout = TimeSpan.FromMinutes(1),
            EnableIdempotence = isIdempotent,
        }))
        {
            ProducerTopic topic = await producer.GetTopicAsync(Topic);
            for (int i = 0; i < Records; i++)
            {
                string value = i.ToString(CultureInfo.InvariantCulture);
                tickets.Add((await topic.ProduceAsync(ProducerRecord.OfText(null, value) with { Partition = i % Partitions }).DoneAsync(), value));
            }

            upheaval.End();
            await producer.FlushAsync().DoneAsync();
        }

        // Every record was acknowledged, is where it was said to be, and the records of a partition are in the order of producing.
        Assert.Equal(Records, deliveries.Count);
        for (int partition = 0; partition < Partitions; partition++)
        {
            IReadOnlyList<string> stored = logs[partition].Values();
            IReadOnlyList<long> offsets = deliveries.Offsets(partition);
            Assert.Equal(Records / Partitions, offsets.Count);
            Assert.Equal(offsets.Order(), offsets);
        }

        Assert.All(tickets, sent => Assert.Equal(sent.Value, logs[sent.Ticket.Partition].Values()[(int)deliveries[sent.Ticket].Offset]));

        if (isIdempotent)
        {
            // and nothing else is there.
            for (int partition = 0; partition < Partitions; partition++)
            {
                Assert.Equal(tickets.Where(sent => sent.Ticket.Partition == partition).Select(sent => sent.Value), logs[partition].Values());
            }
        }

        // The consumer got every stored record, duplicates of retries included, once and in order.
        await Eventually.TrueAsync(() => Enumerable.Range(0, Partitions).All(partition => Count(partition) >= logs[partition].HighWatermark));
        await stop.CancelAsync();
        await reading;
        for (int partition = 0; partition < Partitions; partition++)
        {
            Assert.Equal(logs[partition].Values().Take((int)logs[partition].HighWatermark), read[partition]);
        }

        Assert.True(upheaval.Elections > 0);

        int Count(int partition)
        {
            lock (read)
            {
                return read[partition].Count;
            }
        }
    }

    private static async Task ReadAsync(Consumer consumer, List<string>[] read, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (ConsumedRecord record in consumer.ConsumeAsync(cancellationToken))
            {
                lock (read)
                {
                    Assert.Equal(read[record.Partition.Partition].Count, record.Offset);
                    read[record.Partition.Partition].Add(record.ValueText!);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // All is read.
        }
    }
}
