using System.Globalization;
using RaftStream.Embedded;
using RaftStream.Records;

namespace RaftStream.Client.Tests;

/// <summary>The examples of the READMEs, compiled and run; change both together.</summary>
public sealed class ExampleTests
{
    [Fact]
    public async Task Readme_of_the_embedded_broker()
    {
        // Begin: RaftStream.Embedded/README.md
        await using var broker = await RaftStreamBroker.StartAsync(new RaftStreamBrokerOptions
        {
            InMemory = true,
            Topics = new Dictionary<string, int> { ["orders"] = 3 },
        });
        await using var client = broker.CreateClient();
        await using var producer = client.CreateProducer();
        DeliveryReport report = await producer.SendAsync("orders", key: "customer 7", value: "two coffees");

        await broker.RestartAsync(); // same port, same records

        await using var consumer = client.CreateConsumer();
        consumer.Assign(report.Partition, StartPosition.AtOffset(report.Offset));
        await foreach (ConsumedRecord record in consumer.ConsumeAsync())
        {
            Assert.Equal("two coffees", record.ValueText);
            break;
        }
        // End
    }

    [Fact]
    public async Task Readme_of_the_client()
    {
        await using var broker = await RaftStreamBroker.StartAsync(new RaftStreamBrokerOptions { InMemory = true });
        using var written = new StringWriter(CultureInfo.InvariantCulture);
        string endpoint = broker.Endpoint;

        // Begin: RaftStream.Client/README.md
        await using var client = new RaftStreamClient(endpoint); // "127.0.0.1:9090"
        await client.Admin.CreateTopicAsync("orders", partitions: 6);

        await using var producer = client.CreateProducer();
        DeliveryReport report = await producer.SendAsync("orders", key: "customer 7", value: "two coffees");

        await using var consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync("orders", StartPosition.Beginning);
        await foreach (ConsumedRecord record in consumer.ConsumeAsync())
        {
            await written.WriteLineAsync($"{record.Partition} @ {record.Offset}: {record.KeyText} {record.ValueText}");
            break;
        }
        // End

        Assert.Equal($"{report.Partition} @ 0: customer 7 two coffees", written.ToString().Trim());
    }

    [Fact]
    public async Task Readme_of_the_client_for_millions_of_records()
    {
        await using var broker = await RaftStreamBroker.StartAsync(
            new RaftStreamBrokerOptions { InMemory = true, Topics = new Dictionary<string, int> { ["orders"] = 6 } });
        await using var client = broker.CreateClient();
        byte[] key = [1];
        byte[] value = new byte[100];
        const int Many = 10_000;

        // Begin: RaftStream.Client/README.md
        var failures = new FailureCounter();
        await using var producer = client.CreateProducer(new ProducerOptions { DeliveryHandler = failures });
        ProducerTopic topic = await producer.GetTopicAsync("orders");
        for (int i = 0; i < Many; i++)
        {
            while (!topic.TryProduce(key, value)) // false: the memory is full, the brokers are behind
            {
                await topic.WaitForSpaceAsync();
            }
        }

        await producer.FlushAsync(); // every record has been reported

        await using var consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync("orders", StartPosition.Beginning);
        long seen = 0;
        await foreach (ConsumedBatch batch in consumer.ConsumeBatchesAsync())
        {
            foreach (RecordView record in batch) // borrowed: look, or copy, but do not keep
            {
                seen += record.Value.Length / value.Length;
            }

            if (seen == Many)
            {
                break;
            }
        }
        // End

        Assert.Equal(0, failures.Records);
    }

    private sealed class FailureCounter : IDeliveryHandler
    {
        private long _records;

        public long Records => Interlocked.Read(ref _records);

        public void OnDelivered(in DeliveryRange range)
        {
            if (range.Error is not null)
            {
                Interlocked.Add(ref _records, range.Count);
            }
        }
    }
}
