using System.Net;
using RaftStream.Embedded;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>The door of a broker in a test's own process.</summary>
public sealed class EmbeddedDoorTests
{
    [Fact]
    public async Task Kafka_clients_are_told_the_port_that_stays_through_restarts()
    {
        await using RaftStreamBroker broker = await RaftStreamBroker.StartAsync(
            new RaftStreamBrokerOptions { InMemory = true, Kafka = true, Topics = new Dictionary<string, int> { ["orders"] = 3 } });
        IPEndPoint before = IPEndPoint.Parse(broker.KafkaEndpoint);
        await AssertServesAsync(before);

        await broker.RestartAsync();

        Assert.Equal(before, IPEndPoint.Parse(broker.KafkaEndpoint));
        await AssertServesAsync(before);
    }

    [Fact]
    public async Task Without_Kafka_there_is_no_such_endpoint()
    {
        await using RaftStreamBroker broker = await RaftStreamBroker.StartAsync(new RaftStreamBrokerOptions { InMemory = true });

        Assert.Throws<InvalidOperationException>(() => broker.KafkaEndpoint);
    }

    private static async Task AssertServesAsync(IPEndPoint endPoint)
    {
        await using WireClient client = await WireClient.ConnectAsync(endPoint);
        var everything = new MetadataRequest();
        everything.Topics.SetNull();

        MetadataResponse metadata = await client.CallAsync<MetadataResponse>(everything, 9);

        Assert.Equal(("127.0.0.1", endPoint.Port), (metadata.Brokers[0].Host, metadata.Brokers[0].Port));
        Assert.Equal(("orders", 3), (metadata.Topics[0].Name, metadata.Topics[0].Partitions.Count));
    }
}
