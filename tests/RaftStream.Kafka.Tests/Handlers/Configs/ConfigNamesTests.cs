using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using static RaftStream.Kafka.Tests.Handlers.Configs.ConfigCalls;

namespace RaftStream.Kafka.Tests.Handlers.Configs;

/// <summary>Kafka's names of what brokers give to topics, and its keys that nothing here goes by.</summary>
public sealed class ConfigNamesTests
{
    [Theory]
    [InlineData("log.retention.ms", "retention.ms", "1000")]
    [InlineData("log.retention.bytes", "retention.bytes", "1000")]
    [InlineData("log.segment.bytes", "segment.bytes", "4096")]
    [InlineData("log.roll.ms", "segment.ms", "1000")]
    [InlineData("log.message.timestamp.type", "message.timestamp.type", "LogAppendTime")]
    [InlineData("message.max.bytes", "max.message.bytes", "2000")]
    [InlineData("min.insync.replicas", "min.insync.replicas", "2")]
    [InlineData("retention.ms", "retention.ms", "1000")]
    public async Task Brokers_take_the_servers_name_and_one_value_is_stored(string name, string key, string value)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        (ErrorCode set, _) = await AlterAsync(broker, BrokerType, "", (name, Set, value));
        Assert.Equal(ErrorCode.None, set);
        Assert.Equal([(key, value)], Stored(broker, ConfigOwner.Cluster));

        (ErrorCode deleted, _) = await AlterAsync(broker, BrokerType, "", (name, Delete, null));
        Assert.Equal(ErrorCode.None, deleted);
        Assert.Empty(Stored(broker, ConfigOwner.Cluster));
    }

    [Theory]
    [VersionsOf(ApiKey.AlterConfigs)]
    public async Task What_is_replaced_is_named_by_the_servers_name_too(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await AlterAsync(broker, BrokerType, "", ("log.retention.ms", Set, "1000"), ("log.roll.ms", Set, "2000"));
        var request = new AlterConfigsRequest();
        request.Add(BrokerType, "", ("log.retention.ms", "3000"), ("log.flush.interval.messages", "9223372036854775807"));

        AlterConfigsResponse response = await broker.CallAsync<AlterConfigsResponse>(request, version);

        Assert.Equal([("", ErrorCode.None)], response.Results());
        Assert.Equal([("retention.ms", "3000")], Stored(broker, ConfigOwner.Cluster));
    }

    [Fact]
    public async Task Lists_are_appended_to_by_the_servers_name()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        (ErrorCode error, _) = await AlterAsync(broker, BrokerType, "", ("log.cleanup.policy", Append, "delete"));

        Assert.Equal(ErrorCode.None, error);
        Assert.Equal([("cleanup.policy", "delete")], Stored(broker, ConfigOwner.Cluster));
    }

    [Theory]
    [InlineData(BrokerType, "", "log.retention.hours", "1", "alter log.retention.ms")]
    [InlineData(BrokerType, "", "log.roll.hours", "1", "alter log.roll.ms")]
    [InlineData(BrokerType, "", "log.retention.ms", "soon", "Invalid value soon")]
    [InlineData(BrokerType, "", "log.nothing", "1", "Unknown")]
    [InlineData(BrokerType, "1", "log.retention.ms", "1", "by all brokers together")]
    [InlineData(BrokerType, "1", "retention.ms", "1", "Unknown")]
    [InlineData(TopicType, "orders", "log.retention.ms", "1", "Unknown")]
    [InlineData(TopicType, "orders", "message.max.bytes", "1", "Unknown")]
    public async Task A_name_is_good_only_where_kafka_has_it(sbyte type, string resource, string name, string value, string message)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");

        (ErrorCode error, string? told) = await AlterAsync(broker, type, resource, (name, Set, value));

        Assert.Equal(ErrorCode.InvalidConfig, error);
        Assert.Contains(message, told, StringComparison.Ordinal);
        Assert.Empty(Stored(broker, ConfigOwner.Cluster));
        Assert.Equal([("flush", "os")], Stored(broker, ConfigOwner.Topic("orders")));
    }

    [Fact]
    public async Task Both_names_of_a_key_are_the_key_twice()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        (ErrorCode error, _) = await AlterAsync(broker, BrokerType, "", ("log.retention.ms", Set, "1"), ("retention.ms", Set, "2"));

        Assert.Equal(ErrorCode.InvalidRequest, error);
        Assert.Empty(Stored(broker, ConfigOwner.Cluster));
    }

    [Theory]
    [InlineData(TopicType, "orders", "flush.ms", "9223372036854775807", "1000")]
    [InlineData(TopicType, "orders", "min.cleanable.dirty.ratio", "0.5", "0.1")]
    [InlineData(TopicType, "orders", "leader.replication.throttled.replicas", "", "*")]
    [InlineData(BrokerType, "", "log.cleaner.min.cleanable.ratio", "0.5", "0.1")]
    [InlineData(BrokerType, "", "log.segment.delete.delay.ms", "60000", "1")]
    [InlineData(BrokerType, "1", "leader.replication.throttled.rate", "9223372036854775807", "1000000")]
    public async Task What_nothing_goes_by_is_taken_with_kafkas_default_only(sbyte type, string resource, string name, string byDefault, string wish)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");

        (ErrorCode set, _) = await AlterAsync(broker, type, resource, (name, Set, byDefault));
        (ErrorCode deleted, _) = await AlterAsync(broker, type, resource, (name, Delete, null));
        (ErrorCode wished, string? told) = await AlterAsync(broker, type, resource, (name, Set, wish), ("retention.ms", Set, "1"));
        (ErrorCode appended, _) = await AlterAsync(broker, type, resource, (name, Append, wish));

        Assert.Equal((ErrorCode.None, ErrorCode.None, ErrorCode.InvalidConfig, ErrorCode.InvalidConfig), (set, deleted, wished, appended));
        Assert.Contains("is not supported here", told, StringComparison.Ordinal);
        Assert.Empty(Stored(broker, ConfigOwner.Cluster));
        Assert.Empty(Stored(broker, ConfigOwner.Broker(new NodeId(1))));
        Assert.Equal([("flush", "os")], Stored(broker, ConfigOwner.Topic("orders")));
    }

    [Fact]
    public async Task What_nothing_goes_by_needs_its_topic_all_the_same()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        (ErrorCode error, _) = await AlterAsync(broker, TopicType, "nowhere", ("leader.replication.throttled.replicas", Delete, null));

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error);
    }

    private static async Task<(ErrorCode Error, string? Message)> AlterAsync(
        KafkaBroker broker, sbyte type, string resource, params (string Key, sbyte Operation, string? Value)[] configs)
    {
        var request = new IncrementalAlterConfigsRequest();
        request.Add(type, resource, configs);
        IncrementalAlterConfigsResponse response = await broker.CallAsync<IncrementalAlterConfigsResponse>(request, 1);
        Assert.Equal(1, response.Responses.Count);
        return ((ErrorCode)response.Responses[0].ErrorCode, response.Responses[0].ErrorMessage);
    }

    private static IEnumerable<(string, string)> Stored(KafkaBroker broker, ConfigOwner owner) =>
        broker.Api.Image.Configs.Of(owner).Select(config => (config.Key, config.Value));
}
