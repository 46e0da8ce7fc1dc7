using RaftStream.Integration.Harness;

namespace RaftStream.Integration.Kafka;

/// <summary>One broker for all tests of a class, each of which has topics of its own.</summary>
public sealed class SharedBroker : BrokerTest
{
    internal BrokerProcess Process { get; private set; } = null!;

    internal ThinClient Client { get; private set; } = null!;

    internal Kcat Kcat => new(Process.KafkaEndpoint, "fetch.wait.max.ms=20"); // how long it takes to see that the end is reached

    public override async Task InitializeAsync()
    {
        Process = await StartReadyAsync();
        Client = ClientOf(Process);
    }

    /// <summary>Creates a topic with a name of its own.</summary>
    internal async Task<string> CreateTopicAsync(string prefix, int partitions = 1, params (string Key, string Value)[] configs)
    {
        string topic = $"{prefix}-{Guid.NewGuid():N}";
        Assert.Null((await Client.CreateTopicAsync(topic, partitions, configs)).Error);
        return topic;
    }
}
