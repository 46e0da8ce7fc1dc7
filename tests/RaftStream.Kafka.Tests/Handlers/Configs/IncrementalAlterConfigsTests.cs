using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using static RaftStream.Kafka.Tests.Handlers.Configs.ConfigCalls;

namespace RaftStream.Kafka.Tests.Handlers.Configs;

public sealed class IncrementalAlterConfigsTests
{
    [Theory]
    [VersionsOf(ApiKey.IncrementalAlterConfigs)]
    public async Task Keys_are_set_and_deleted_and_others_stay(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 1, ("retention.ms", "1000"), ("segment.ms", "2000"));
        var request = new IncrementalAlterConfigsRequest();
        request.Add(TopicType, "orders", ("segment.bytes", Set, "4096"), ("retention.ms", Delete, "5")); // a value of what is deleted means nothing

        IncrementalAlterConfigsResponse response = await broker.CallAsync<IncrementalAlterConfigsResponse>(request, version);

        Assert.Equal([("orders", ErrorCode.None)], response.Results());
        Assert.Equal([("flush", "os"), ("segment.bytes", "4096"), ("segment.ms", "2000")], Values(broker, ConfigOwner.Topic("orders")));
    }

    [Theory]
    [VersionsOf(ApiKey.IncrementalAlterConfigs)]
    public async Task Lists_are_appended_to_and_taken_from(int version)
    {
        // E.4: append and subtract for list keys.
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        foreach (string topic in (string[])["append", "subtract", "compact", "empty", "number", "null"])
        {
            await broker.CreateAsync(topic);
        }

        var request = new IncrementalAlterConfigsRequest();
        request.Add(TopicType, "append", ("cleanup.policy", Append, "delete"));
        request.Add(TopicType, "subtract", ("cleanup.policy", Subtract, "compact"));
        request.Add(TopicType, "compact", ("cleanup.policy", Append, "compact"));
        request.Add(TopicType, "empty", ("cleanup.policy", Subtract, "delete"));
        request.Add(TopicType, "number", ("retention.ms", Append, "1"));
        request.Add(TopicType, "null", ("cleanup.policy", Append, null));

        IncrementalAlterConfigsResponse response = await broker.CallAsync<IncrementalAlterConfigsResponse>(request, version);

        Assert.Equal(
            [
                ("append", ErrorCode.None), ("subtract", ErrorCode.None), ("compact", ErrorCode.InvalidConfig), ("empty", ErrorCode.InvalidConfig),
                ("number", ErrorCode.InvalidConfig), ("null", ErrorCode.InvalidRequest),
            ],
            response.Results());
        Assert.Contains(("cleanup.policy", "delete"), Values(broker, ConfigOwner.Topic("append")));
        Assert.Contains(("cleanup.policy", "delete"), Values(broker, ConfigOwner.Topic("subtract")));
        Assert.Equal([("flush", "os")], Values(broker, ConfigOwner.Topic("compact")));
    }

    [Theory]
    [VersionsOf(ApiKey.IncrementalAlterConfigs)]
    public async Task Each_resource_has_its_own_outcome_and_is_told_of_once(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        foreach (string topic in (string[])["good", "twice", "null", "strange", "keys"])
        {
            await broker.CreateAsync(topic);
        }

        var request = new IncrementalAlterConfigsRequest();
        request.Add(TopicType, "good", ("retention.ms", Set, "1"));
        request.Add(TopicType, "twice", ("retention.ms", Set, "1"));
        request.Add(TopicType, "twice", ("segment.ms", Set, "1"));
        request.Add(TopicType, "null", ("retention.ms", Set, null));
        request.Add(TopicType, "strange", ("retention.ms", 7, "1"));
        request.Add(TopicType, "keys", ("retention.ms", Set, "1"), ("retention.ms", Delete, null));
        request.Add(TopicType, "nothing", ("retention.ms", Set, "1"));
        request.Add(BrokerType, "", ("auto.create.topics.enable", Set, "true"));
        request.Add(BrokerType, "1", ("delete.topic.enable", Set, "false"));
        request.Add(99, "x", ("a", Set, "b"));

        IncrementalAlterConfigsResponse response = await broker.CallAsync<IncrementalAlterConfigsResponse>(request, version);

        Assert.Equal(
            [
                ("good", ErrorCode.None), ("twice", ErrorCode.InvalidRequest), ("null", ErrorCode.InvalidRequest), ("strange", ErrorCode.InvalidRequest),
                ("keys", ErrorCode.InvalidRequest), ("nothing", ErrorCode.UnknownTopicOrPartition), ("", ErrorCode.None), ("1", ErrorCode.InvalidConfig),
                ("x", ErrorCode.InvalidRequest),
            ],
            response.Results());
        Assert.Equal([("flush", "os")], Values(broker, ConfigOwner.Topic("twice")));
        Assert.Equal([("auto.create.topics.enable", "true")], Values(broker, ConfigOwner.Cluster));
    }

    [Theory]
    [VersionsOf(ApiKey.IncrementalAlterConfigs)]
    public async Task To_validate_changes_nothing(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        var request = new IncrementalAlterConfigsRequest { ValidateOnly = true };
        request.Add(TopicType, "orders", ("retention.ms", Set, "1"));

        IncrementalAlterConfigsResponse response = await broker.CallAsync<IncrementalAlterConfigsResponse>(request, version);

        Assert.Equal([("orders", ErrorCode.None)], response.Results());
        Assert.Equal([("flush", "os")], Values(broker, ConfigOwner.Topic("orders")));
    }

    private static IEnumerable<(string, string)> Values(KafkaBroker broker, ConfigOwner owner) =>
        broker.Api.Image.Configs.Of(owner).Select(config => (config.Key, config.Value));
}
