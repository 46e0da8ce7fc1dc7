using RaftStream.Broker.Admin;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using static RaftStream.Kafka.Tests.Handlers.Configs.ConfigCalls;

namespace RaftStream.Kafka.Tests.Handlers.Configs;

public sealed class DescribeConfigsTests
{
    [Theory]
    [VersionsOf(ApiKey.DescribeConfigs)]
    public async Task Every_key_of_a_topic_is_told_and_defaults_are_defaults(int version)
    {
        // E.4: every key with its source; what nobody set is DEFAULT_CONFIG (5), not an override.
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 1, ("retention.ms", "1000"));

        Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> entries = (await broker.DescribeAsync(TopicType, "orders", version)).ByKey();

        Assert.Equal(TopicConfigKeys.All.Keys.Order(StringComparer.Ordinal), entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["retention.ms"], entries.Values.Where(entry => entry.ConfigSource == 1).Select(entry => entry.Name));
        Assert.All(entries.Values.Where(entry => entry.Name != "retention.ms"), entry => Assert.Equal(5, entry.ConfigSource));
        Assert.All(entries.Values, entry => Assert.False(entry.ReadOnly || entry.IsSensitive));
        Assert.Equal([("1000", 1), ("604800000", 5)], entries["retention.ms"].Layers());
        Assert.Equal([("delete", 5)], entries["cleanup.policy"].Layers());
        if (version >= 3)
        {
            Assert.Equal(
                [(sbyte)7, (sbyte)5, (sbyte)1, (sbyte)3, (sbyte)2],
                ((string[])["cleanup.policy", "retention.ms", "preallocate", "segment.bytes", "flush"]).Select(key => entries[key].ConfigType));
            Assert.All(entries.Values, entry => Assert.NotEmpty(entry.Documentation!));
        }
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeConfigs)]
    public async Task Synonyms_and_documentation_come_when_asked_for(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");

        DescribeConfigsResponse.DescribeConfigsResult result = await broker.DescribeAsync(TopicType, "orders", version, withAll: false);

        Assert.All(result.ByKey().Values, entry => Assert.Equal((0, true), (entry.Synonyms.Count, string.IsNullOrEmpty(entry.Documentation))));
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeConfigs)]
    public async Task Keys_can_be_picked(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");

        DescribeConfigsResponse.DescribeConfigsResult topic = await broker.DescribeAsync(TopicType, "orders", version, true, "segment.ms", "nothing.such", "flush");
        DescribeConfigsResponse.DescribeConfigsResult own = await broker.DescribeAsync(BrokerType, "1", version, true, "delete.topic.enable", "fetch.max.bytes");

        Assert.Equal(["flush", "segment.ms"], topic.ByKey().Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["delete.topic.enable", "fetch.max.bytes"], own.ByKey().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task All_who_gave_a_value_are_told_the_strongest_first()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(
            KafkaBroker.Options with { TopicDefaults = ConfigsImage.NoValues.Add("retention.ms", "3000") });
        await broker.CreateAsync("orders", 1, ("retention.ms", "1000"));
        await broker.Api.Admin.AlterConfigsAsync([new ConfigAlteration(ConfigOwner.Cluster, [new ConfigChange("retention.ms", "2000")])], validateOnly: false);

        DescribeConfigsResponse.DescribeConfigsResourceResult entry = (await broker.DescribeAsync(TopicType, "orders")).ByKey()["retention.ms"];
        DescribeConfigsResponse.DescribeConfigsResourceResult common = (await broker.DescribeAsync(BrokerType, "")).ByKey()["retention.ms"];

        Assert.Equal(("1000", (sbyte)1), (entry.Value, entry.ConfigSource));
        Assert.Equal([("1000", 1), ("2000", 3), ("3000", 4), ("604800000", 5)], entry.Layers());
        Assert.Equal([("2000", 3), ("3000", 4), ("604800000", 5)], common.Layers());
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeConfigs)]
    public async Task A_broker_tells_what_can_be_changed_and_what_it_was_started_with(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(KafkaBroker.Options with
        {
            AutoCreateTopics = true,
            Settings =
            [
                new NodeSetting("grpc.port", "19090", IsDefault: false, ConfigType.Number, "Port."),
                new NodeSetting("kafka.tls.key.password", "secret", IsDefault: false, ConfigType.Word, "Password.", IsSensitive: true),
                new NodeSetting("fetch.max.bytes", "1", IsDefault: false, ConfigType.Number, "Told as changeable."),
            ],
        });

        Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> entries = (await broker.DescribeAsync(BrokerType, "1", version)).ByKey();

        Assert.False(entries["auto.create.topics.enable"].ReadOnly);
        Assert.Equal([("true", 4), ("false", 5)], entries["auto.create.topics.enable"].Layers());
        Assert.Equal([("8388608", 5)], entries["fetch.max.bytes"].Layers());
        Assert.False(entries["fetch.max.bytes"].ReadOnly);
        Assert.Equal(("19090", (sbyte)4, true), (entries["grpc.port"].Value, entries["grpc.port"].ConfigSource, entries["grpc.port"].ReadOnly));
        Assert.Equal((null, true), (entries["kafka.tls.key.password"].Value, entries["kafka.tls.key.password"].IsSensitive));
        Assert.Equal([(null, 4)], entries["kafka.tls.key.password"].Layers());
    }

    [Fact]
    public async Task Kafka_ui_finds_what_it_looks_for() // E.2
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> entries = (await broker.DescribeAsync(BrokerType, "1")).ByKey();

        Assert.Equal("true", entries["delete.topic.enable"].Value);
        Assert.StartsWith("3.", entries["inter.broker.protocol.version"].Value, StringComparison.Ordinal);
        Assert.True(entries["delete.topic.enable"].ReadOnly);
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeConfigs)]
    public async Task Mistakes_are_told_resource_by_resource(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        (sbyte Type, string Name, ErrorCode Error)[] expected =
        [
            (TopicType, "nothing", ErrorCode.UnknownTopicOrPartition), (TopicType, "a/b", ErrorCode.InvalidTopicException), (TopicType, "", ErrorCode.InvalidTopicException),
            (BrokerType, "2", ErrorCode.InvalidRequest), (BrokerType, "one", ErrorCode.InvalidRequest), (8, "1", ErrorCode.InvalidRequest),
            (16, "metrics", ErrorCode.InvalidRequest), (32, "group", ErrorCode.InvalidRequest), (0, "", ErrorCode.InvalidRequest),
            (BrokerType, "", ErrorCode.None),
        ];
        var request = new DescribeConfigsRequest();
        foreach ((sbyte type, string name, _) in expected)
        {
            DescribeConfigsRequest.DescribeConfigsResource resource = request.Resources.Add();
            (resource.ResourceType, resource.ResourceName) = (type, name);
        }

        DescribeConfigsResponse response = await broker.CallAsync<DescribeConfigsResponse>(request, version);

        for (int i = 0; i < expected.Length; i++)
        {
            DescribeConfigsResponse.DescribeConfigsResult row = response.Results[i];
            Assert.Equal(expected[i], (row.ResourceType, row.ResourceName, (ErrorCode)row.ErrorCode));
            Assert.Equal(row.ErrorCode == 0, row.ErrorMessage is null);
            Assert.Equal(row.ErrorCode == 0, row.Configs.Count > 0);
        }
    }
}
