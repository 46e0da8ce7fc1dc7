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
        Assert.Equal([("retention.ms", "1000", 1), ("log.retention.ms", "604800000", 5)], entries["retention.ms"].Layers());
        Assert.Equal([("log.cleanup.policy", "delete", 5)], entries["cleanup.policy"].Layers());
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

    [Theory]
    [InlineData("retention.ms", "log.retention.ms", "604800000")]
    [InlineData("segment.ms", "log.roll.ms", "604800000")]
    [InlineData("segment.jitter.ms", "log.roll.jitter.ms", "0")]
    [InlineData("segment.index.bytes", "log.index.size.max.bytes", "10485760")]
    [InlineData("max.message.bytes", "message.max.bytes", "1048588")]
    [InlineData("min.insync.replicas", "min.insync.replicas", "1")]
    public async Task All_who_gave_a_value_are_told_the_strongest_first_each_by_its_name(string key, string serverName, string byDefault)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(KafkaBroker.Options with { TopicDefaults = ConfigsImage.NoValues.Add(key, "3000") });
        await broker.CreateAsync("orders", 1, (key, "1000"));
        await AlterAsync(ConfigOwner.Cluster, "2000");
        (string, string?, sbyte)[] ofAll = [(serverName, "2000", 3), (serverName, "3000", 4), (serverName, byDefault, 5)];

        DescribeConfigsResponse.DescribeConfigsResourceResult entry = await EntryAsync(TopicType, "orders", key);
        Assert.Equal((key, "1000", (sbyte)1), (entry.Name, entry.Value, entry.ConfigSource));
        Assert.Equal([(key, "1000", 1), .. ofAll], entry.Layers());

        // The topic's goes: the cluster's counts. All brokers tell it by the servers' name, and one of them cannot have another.
        await AlterAsync(ConfigOwner.Topic("orders"), null);
        entry = await EntryAsync(TopicType, "orders", key);
        DescribeConfigsResponse.DescribeConfigsResourceResult common = await EntryAsync(BrokerType, "", serverName);
        DescribeConfigsResponse.DescribeConfigsResourceResult one = await EntryAsync(BrokerType, "1", serverName);
        Assert.Equal((key, "2000", (sbyte)3), (entry.Name, entry.Value, entry.ConfigSource));
        Assert.Equal((serverName, "2000", (sbyte)3, false), (common.Name, common.Value, common.ConfigSource, common.ReadOnly));
        Assert.Equal((serverName, "2000", (sbyte)3, true), (one.Name, one.Value, one.ConfigSource, one.ReadOnly));
        Assert.All([entry, common, one], told => Assert.Equal(ofAll, told.Layers()));

        // The cluster's goes: what the node was started with counts.
        await AlterAsync(ConfigOwner.Cluster, null);
        entry = await EntryAsync(TopicType, "orders", key);
        common = await EntryAsync(BrokerType, "", serverName);
        Assert.Equal(("3000", (sbyte)4), (entry.Value, entry.ConfigSource));
        Assert.All([entry, common], told => Assert.Equal(ofAll[1..], told.Layers()));

        async Task AlterAsync(ConfigOwner owner, string? value) => Assert.Null(
            (await broker.Api.Admin.AlterConfigsAsync([new ConfigAlteration(owner, [new ConfigChange(key, value)])], validateOnly: false))[0].Error);
        async Task<DescribeConfigsResponse.DescribeConfigsResourceResult> EntryAsync(sbyte type, string name, string asked) =>
            (await broker.DescribeAsync(type, name, keys: asked)).ByKey()[asked];
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeConfigs)]
    public async Task Brokers_know_no_topic_names(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        string[] servers = [.. TopicConfigKeys.All.Keys.Select(ServerNames.Of)];

        Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> common = (await broker.DescribeAsync(BrokerType, "", version)).ByKey();
        Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> one = (await broker.DescribeAsync(BrokerType, "1", version)).ByKey();

        Assert.Equal(BrokerConfigKeys.All.Keys.Concat(servers).Order(StringComparer.Ordinal), common.Keys.Order(StringComparer.Ordinal));
        Assert.Subset(one.Keys.ToHashSet(), servers.ToHashSet());
        Assert.DoesNotContain("retention.ms", one.Keys);
        Assert.Equal([("fetch.max.bytes", "8388608", 5)], common["fetch.max.bytes"].Layers());
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
                new NodeSetting("log.retention.ms", "1", IsDefault: false, ConfigType.LongNumber, "Told as what topics are given."),
            ],
        });

        Dictionary<string, DescribeConfigsResponse.DescribeConfigsResourceResult> entries = (await broker.DescribeAsync(BrokerType, "1", version)).ByKey();

        Assert.False(entries["auto.create.topics.enable"].ReadOnly);
        Assert.Equal(
            [("auto.create.topics.enable", "true", 4), ("auto.create.topics.enable", "false", 5)], entries["auto.create.topics.enable"].Layers());
        Assert.Equal([("fetch.max.bytes", "8388608", 5)], entries["fetch.max.bytes"].Layers());
        Assert.Equal([("log.retention.ms", "604800000", 5)], entries["log.retention.ms"].Layers());
        Assert.False(entries["fetch.max.bytes"].ReadOnly);
        Assert.Equal(("19090", (sbyte)4, true), (entries["grpc.port"].Value, entries["grpc.port"].ConfigSource, entries["grpc.port"].ReadOnly));
        Assert.Equal((null, true), (entries["kafka.tls.key.password"].Value, entries["kafka.tls.key.password"].IsSensitive));
        Assert.Equal([("kafka.tls.key.password", null, 4)], entries["kafka.tls.key.password"].Layers());
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
