using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using static RaftStream.Kafka.Tests.Handlers.Configs.ConfigCalls;

namespace RaftStream.Kafka.Tests.Handlers.Configs;

public sealed class AlterConfigsTests
{
    [Theory]
    [VersionsOf(ApiKey.AlterConfigs)]
    public async Task What_is_not_named_is_reset(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 1, ("retention.ms", "1000"), ("segment.ms", "2000"), ("flush", "commit"));
        var request = new AlterConfigsRequest();
        request.Add(TopicType, "orders", ("segment.ms", "3000"));

        AlterConfigsResponse response = await broker.CallAsync<AlterConfigsResponse>(request, version);

        Assert.Equal([("orders", ErrorCode.None)], response.Results());
        Assert.Equal([("flush", "commit"), ("segment.ms", "3000")], Set(broker, ConfigOwner.Topic("orders")));
    }

    [Theory]
    [VersionsOf(ApiKey.AlterConfigs)]
    public async Task Each_resource_has_its_own_outcome(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        foreach (string topic in (string[])["good", "twice", "wrong", "null", "keys"])
        {
            await broker.CreateAsync(topic);
        }

        var request = new AlterConfigsRequest();
        request.Add(TopicType, "good", ("retention.ms", "1"));
        request.Add(TopicType, "twice", ("retention.ms", "1"));
        request.Add(TopicType, "nothing", ("retention.ms", "1"));
        request.Add(TopicType, "wrong", ("retention.ms", "soon"), ("segment.ms", "1"));
        request.Add(TopicType, "null", ("retention.ms", null));
        request.Add(TopicType, "keys", ("retention.ms", "1"), ("retention.ms", "1"));
        request.Add(TopicType, "twice", ("retention.ms", "2"));
        request.Add(BrokerType, "", ("fetch.max.bytes", "4096"));
        request.Add(BrokerType, "1", ("fetch.max.bytes", "2048"));
        request.Add(BrokerType, "one", ("fetch.max.bytes", "2048"));
        request.Add(8, "1", ("root", "DEBUG"));

        AlterConfigsResponse response = await broker.CallAsync<AlterConfigsResponse>(request, version);

        Assert.Equal(
            [
                ("good", ErrorCode.None), ("twice", ErrorCode.InvalidRequest), ("nothing", ErrorCode.UnknownTopicOrPartition), ("wrong", ErrorCode.InvalidConfig),
                ("null", ErrorCode.InvalidRequest), ("keys", ErrorCode.InvalidRequest), ("", ErrorCode.None), ("1", ErrorCode.None),
                ("one", ErrorCode.InvalidRequest), ("1", ErrorCode.InvalidRequest),
            ],
            response.Results());
        Assert.Equal([("flush", "os"), ("retention.ms", "1")], Set(broker, ConfigOwner.Topic("good")));
        Assert.Equal([("flush", "os")], Set(broker, ConfigOwner.Topic("wrong")));
        Assert.Equal([("flush", "os")], Set(broker, ConfigOwner.Topic("twice")));
        Assert.Equal([("fetch.max.bytes", "4096")], Set(broker, ConfigOwner.Cluster));
        Assert.Equal([("fetch.max.bytes", "2048")], Set(broker, ConfigOwner.Broker(new NodeId(1))));
    }

    [Theory]
    [VersionsOf(ApiKey.AlterConfigs)]
    public async Task To_validate_changes_nothing(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 1, ("retention.ms", "1000"));
        var request = new AlterConfigsRequest { ValidateOnly = true };
        request.Add(TopicType, "orders", ("segment.ms", "3000"));
        request.Add(BrokerType, "1", ("no.such.key", "1"));

        AlterConfigsResponse response = await broker.CallAsync<AlterConfigsResponse>(request, version);

        Assert.Equal([("orders", ErrorCode.None), ("1", ErrorCode.InvalidConfig)], response.Results());
        Assert.Equal([("flush", "os"), ("retention.ms", "1000")], Set(broker, ConfigOwner.Topic("orders")));
    }

    private static IEnumerable<(string, string)> Set(KafkaBroker broker, ConfigOwner owner) =>
        broker.Api.Image.Configs.Of(owner).Select(config => (config.Key, config.Value));
}
