using System.Collections.Concurrent;
using System.Globalization;
using RaftStream.Client;
using RaftStream.Integration.Harness;
using Xunit.Abstractions;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration;

/// <summary>What was acknowledged is there afterwards, at the offset that was acknowledged.</summary>
public sealed class CrashTests(ITestOutputHelper output) : BrokerTest
{
    private const int Producers = 8;
    private const int Partitions = 3;
    private const int AcknowledgedPerRound = 400;

    [Fact]
    public async Task Kill_dash_9_while_many_produce_loses_nothing_that_was_acknowledged()
    {
        const int Rounds = 4;
        BrokerSetup setup = Setup();
        BrokerProcess broker = await StartReadyAsync(setup);
        await ClientOf(broker).CreateTopicAsync("ledger", Partitions, ("flush", "commit"));
        var acknowledged = new ConcurrentDictionary<(int Partition, long Offset), string>();
        using var enough = new CancellationTokenSource();
        Task[] producers = [.. Enumerable.Range(0, Producers).Select(number => ProduceAsync(broker.Endpoint, number, acknowledged, enough.Token))];

        for (int round = 1; round <= Rounds; round++)
        {
            int goal = acknowledged.Count + AcknowledgedPerRound;
            await Eventually.HoldsAsync(() => acknowledged.Count >= goal, () => $"{acknowledged.Count} of {goal} acknowledged:\n{broker.Log.Text}");
            await broker.KillAsync();
            output.WriteLine($"round {round}: killed after {acknowledged.Count} acknowledgements");
            broker = await StartReadyAsync(setup);
        }

        int last = acknowledged.Count + AcknowledgedPerRound;
        await Eventually.HoldsAsync(() => acknowledged.Count >= last, () => "Producers do not find the broker again.");
        await enough.CancelAsync();
        await Task.WhenAll(producers);

        ThinClient client = ClientOf(broker);
        for (int partition = 0; partition < Partitions; partition++)
        {
            List<Record> records = await client.ReadAllAsync("ledger", partition);
            foreach (((int Partition, long Offset) at, string value) in acknowledged.Where(pair => pair.Key.Partition == partition))
            {
                Assert.True(at.Offset < records.Count, $"{value} was acknowledged at offset {at.Offset} of {records.Count}");
                Assert.Equal(value, records[(int)at.Offset].Value.ToStringUtf8());
            }
        }

        await client.MustBeServedAsync();
    }

    [Fact]
    public async Task Topics_and_configs_survive_kill_dash_9()
    {
        BrokerSetup setup = Setup();
        BrokerProcess broker = await StartReadyAsync(setup);
        ThinClient client = ClientOf(broker);
        for (int i = 0; i < 20; i++)
        {
            Assert.Null((await client.CreateTopicAsync($"topic-{i}", 2, ("retention.ms", $"{i + 1000}"))).Error);
        }

        await broker.KillAsync();
        ThinClient after = ClientOf(await StartReadyAsync(setup));

        Client.V1.GetMetadataResponse metadata = await after.Admin.GetMetadataAsync(new Client.V1.GetMetadataRequest());
        Assert.Equal(20, metadata.Topics.Count(topic => topic.Topic_.Name.StartsWith("topic-", StringComparison.Ordinal)));
        await after.MustBeServedAsync();
    }

    // Each producer sends a record, awaits its fate, sends the next: what it was told is certain.
    private static async Task ProduceAsync(
        string endpoint, int number, ConcurrentDictionary<(int Partition, long Offset), string> acknowledged, CancellationToken enough)
    {
        await using var client = new RaftStreamClient(endpoint);
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        for (int i = 0; !enough.IsCancellationRequested; i++)
        {
            string value = string.Create(CultureInfo.InvariantCulture, $"producer {number} record {i}");
            DeliveryReport report = await producer.SendAsync("ledger", key: value, value, CancellationToken.None);
            Assert.True(acknowledged.TryAdd((report.Partition.Partition, report.Offset), value), $"offset {report.Offset} was given out twice");
        }
    }
}
