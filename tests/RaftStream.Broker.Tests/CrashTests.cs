using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Simulation.Disk;

namespace RaftStream.Broker.Tests;

/// <summary>Power losses at random moments: what was acknowledged under flush=commit is there, in its place, once (S-S1, S-R13).</summary>
public class CrashTests
{
    private const string Topic = "orders";
    private const int Partitions = 2;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(0, 60).Select(i => (ulong)i)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_acknowledged_is_lost(ulong seed)
    {
        var prng = new Prng(seed);
        var disk = new SimulatedDisk(prng.NextUInt64());
        var acknowledged = new Dictionary<(int Partition, long Offset), string>();
        int next = 0;
        await using (TestBroker first = await TestBroker.StartAsync(new GuardedFiles(disk)))
        {
            await first.CreateAsync(Topic, Partitions, ("flush", "commit"), ("segment.bytes", "2048"));
        }

        for (int life = 0; life < 4; life++)
        {
            await LiveAndDieAsync(disk, prng, acknowledged, () => next++);
            disk = disk.CrashImage(prng.NextUInt64());
        }

        await using TestBroker last = await TestBroker.StartAsync(new GuardedFiles(disk));
        await CheckAsync(last, acknowledged);
    }

    private static async Task LiveAndDieAsync(
        SimulatedDisk disk, Prng prng, Dictionary<(int Partition, long Offset), string> acknowledged, Func<int> next)
    {
        await using TestBroker broker = await TestBroker.StartAsync(new GuardedFiles(disk));
        await CheckAsync(broker, acknowledged);
        disk.PowerLossIn(1 + prng.Next(120));
        while (broker.Node.Api is not null)
        {
            // Several at once, so that a power loss meets batches before, in and after a flush.
            List<(int Partition, string Value, Task<ProduceResult> Answer)> sent = [];
            for (int i = 1 + prng.Next(4); i > 0 && broker.Node.Api is not null; i--)
            {
                int partition = prng.Next(Partitions);
                string value = $"value-{next()}-{new string('x', prng.Next(300))}";
                if (broker.Node.Api?.TryFind("orders"u8, TopicId.None, partition, out BrokerPartition found, out _) == true)
                {
                    sent.Add((partition, value, ProduceAsync(broker, found, value)));
                }
            }

            foreach ((int partition, string value, Task<ProduceResult> answer) in sent)
            {
                ProduceResult result = await answer;
                if (result.Error == ErrorCode.None)
                {
                    acknowledged.Add((partition, result.BaseOffset.Value), value);
                }
            }
        }

        Assert.True(disk.HasLostPower, broker.Node.NotReadyReason);
    }

    private static async Task<ProduceResult> ProduceAsync(TestBroker broker, BrokerPartition partition, string value)
    {
        BrokerApi? api = broker.Node.Api;
        if (api is null)
        {
            return ProduceResult.Failed(ErrorCode.BrokerNotAvailable);
        }

        var call = new ProduceCall();
        ValueTask<ProduceResult> answer = call.BeginAsync();
        await api.ProduceAsync(new ProduceCommand
        {
            Partition = partition,
            Batch = TestBroker.Batch(value),
            Acks = Replication.RequiredAcks.All,
            Sink = call,
            Ticket = call.Ticket,
        });
        return await answer;
    }

    private static async Task CheckAsync(TestBroker broker, Dictionary<(int Partition, long Offset), string> acknowledged)
    {
        for (int p = 0; p < Partitions; p++)
        {
            List<string> values = await broker.ReadAsync(broker.Find(Topic, p));
            Assert.Equal(values.Count, values.Distinct(StringComparer.Ordinal).Count());
            foreach (((int partition, long offset), string value) in acknowledged.Where(a => a.Key.Partition == p))
            {
                Assert.True(offset < values.Count, $"partition {partition} ends at {values.Count}, offset {offset} was acknowledged");
                Assert.Equal(value, values[(int)offset]);
            }
        }
    }
}
