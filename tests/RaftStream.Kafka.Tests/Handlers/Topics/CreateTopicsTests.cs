using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Topics;

public sealed class CreateTopicsTests
{
    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task A_topic_is_created_with_configs(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new CreateTopicsRequest();
        CreateTopicsRequest.CreatableTopic asked = Add(request, "orders", 3, 1);
        CreateTopicsRequest.CreatableTopicConfig config = asked.Configs.Add();
        (config.Name, config.Value) = ("retention.ms", "1000");

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        CreateTopicsResponse.CreatableTopicResult row = Assert.Single(Rows(response));
        TopicImage topic = broker.Find("orders")!;
        Assert.Equal(("orders", (short)0, null), (row.Name, row.ErrorCode, row.ErrorMessage));
        Assert.Equal(3, topic.Partitions.Count);
        if (version >= 5)
        {
            Assert.Equal((3, (short)1, (short)0), (row.NumPartitions, row.ReplicationFactor, row.TopicConfigErrorCode));
            Dictionary<string, (string? Value, sbyte Source)> configs = Configs(row);
            Assert.Equal(TopicConfigKeys.All.Count, configs.Count);
            Assert.Equal(("1000", (sbyte)1), configs["retention.ms"]);
            Assert.Equal(("604800000", (sbyte)5), configs["segment.ms"]);
        }

        if (version >= 7)
        {
            Assert.Equal(topic.Id.Value, row.TopicId);
        }
    }

    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task Minus_one_is_the_default(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(KafkaBroker.Options with { DefaultPartitions = 4 });
        var request = new CreateTopicsRequest();
        Add(request, "orders", -1, -1);

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        Assert.Equal([ErrorCode.None], Errors(response));
        Assert.Equal(4, broker.Find("orders")!.Partitions.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task Good_topics_are_created_beside_bad_ones_each_with_its_own_error(int version)
    {
        // E.4: mixed valid and invalid topics.
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("old");
        var request = new CreateTopicsRequest();
        Add(request, "good", 1, 1);
        Add(request, "old", 1, 1);
        Add(request, "no/name", 1, 1);
        Add(request, "", 1, 1);
        Add(request, "__cluster_metadata", 1, 1);
        Add(request, "nothing", 0, 1);
        Add(request, "negative", -2, 1);
        Add(request, "lonely", 1, 0);
        Add(request, "crowded", 1, 9);
        Add(request, "huge", 100_000, 1);
        Add(request, "better", 2, 1);

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        Assert.Equal(
            [
                ErrorCode.None, ErrorCode.TopicAlreadyExists, ErrorCode.InvalidTopicException, ErrorCode.InvalidTopicException, ErrorCode.InvalidTopicException,
                ErrorCode.InvalidPartitions, ErrorCode.InvalidPartitions, ErrorCode.InvalidReplicationFactor, ErrorCode.InvalidReplicationFactor,
                ErrorCode.PolicyViolation, ErrorCode.None,
            ],
            Errors(response));
        Assert.All(Rows(response), row => Assert.Equal(row.ErrorCode == 0, row.ErrorMessage is null));
        Assert.Equal(["better", "good", "old"], broker.Api.Image.Topics.ByName.Keys);
        if (version >= 5)
        {
            Assert.Equal((-1, (short)-1), (Rows(response)[1].NumPartitions, Rows(response)[1].ReplicationFactor));
        }
    }

    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task A_name_that_stands_twice_is_refused_once_and_not_created(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new CreateTopicsRequest();
        Add(request, "twice", 1, 1);
        Add(request, "once", 1, 1);
        Add(request, "twice", 2, 1);

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        Assert.Equal(["twice", "once"], Rows(response).Select(row => row.Name));
        Assert.Equal([ErrorCode.InvalidRequest, ErrorCode.None], Errors(response));
        Assert.Null(broker.Find("twice"));
    }

    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task To_validate_is_to_answer_as_if_and_change_nothing(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new CreateTopicsRequest { ValidateOnly = true };
        CreateTopicsRequest.CreatableTopicConfig config = Add(request, "orders", 3, 1).Configs.Add();
        (config.Name, config.Value) = ("flush", "commit");
        Add(request, "crowded", 1, 9);

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        Assert.Equal([ErrorCode.None, ErrorCode.InvalidReplicationFactor], Errors(response));
        Assert.Empty(broker.Api.Image.Topics.ByName);
        if (version >= 5)
        {
            Assert.Equal(3, Rows(response)[0].NumPartitions);
            Assert.Equal(("commit", (sbyte)1), Configs(Rows(response)[0])["flush"]);
        }

        if (version >= 7)
        {
            Assert.Equal(Guid.Empty, Rows(response)[0].TopicId);
        }
    }

    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task Replicas_can_be_assigned(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new CreateTopicsRequest();
        Assign(Add(request, "good", -1, -1), (1, [1]), (0, [1]));
        Assign(Add(request, "both", 2, -1), (0, [1]));
        Assign(Add(request, "stranger", -1, -1), (0, [99]));
        Assign(Add(request, "gap", -1, -1), (0, [1]), (2, [1]));
        Assign(Add(request, "twice", -1, -1), (0, [1]), (0, [1]));
        Assign(Add(request, "nobody", -1, -1), (0, []));

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        Assert.Equal(
            [
                ErrorCode.None, ErrorCode.InvalidRequest, ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment,
                ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment,
            ],
            Errors(response));
        Assert.Equal(2, broker.Find("good")!.Partitions.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task Bad_configs_are_refused(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new CreateTopicsRequest();
        Configure(Add(request, "unknown", 1, 1), ("retention.mss", "1"));
        Configure(Add(request, "wrong", 1, 1), ("retention.ms", "soon"));
        Configure(Add(request, "compacted", 1, 1), ("cleanup.policy", "compact"));
        Configure(Add(request, "null", 1, 1), ("retention.ms", null));
        Configure(Add(request, "twice", 1, 1), ("retention.ms", "1"), ("retention.ms", "2"));
        Configure(Add(request, "large", 1, 1), ("max.message.bytes", "100000000"));

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        Assert.All(Errors(response), error => Assert.Equal(ErrorCode.InvalidConfig, error));
        Assert.Contains("Did you mean retention.ms?", Rows(response)[0].ErrorMessage, StringComparison.Ordinal);
        Assert.Empty(broker.Api.Image.Topics.ByName);
    }

    [Theory]
    [VersionsOf(ApiKey.CreateTopics)]
    public async Task What_nothing_goes_by_is_taken_with_kafkas_default_only(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        var request = new CreateTopicsRequest();
        Configure(
            Add(request, "copy", 1, 1),
            ("retention.ms", "1"), ("compression.gzip.level", "-1"), ("delete.retention.ms", "86400000"), ("file.delete.delay.ms", "60000"),
            ("flush.messages", "9223372036854775807"), ("flush.ms", "9223372036854775807"), ("leader.replication.throttled.replicas", ""),
            ("local.retention.ms", "-2"), ("max.compaction.lag.ms", "9223372036854775807"), ("min.cleanable.dirty.ratio", "0.5"),
            ("min.compaction.lag.ms", "0"), ("remote.storage.enable", "false"));
        Configure(Add(request, "wish", 1, 1), ("flush.messages", "1"));
        Configure(Add(request, "twice", 1, 1), ("flush.ms", "9223372036854775807"), ("flush.ms", "9223372036854775807"));
        Configure(Add(request, "null", 1, 1), ("flush.ms", null));
        Configure(Add(request, "rate", 1, 1), ("leader.replication.throttled.rate", "9223372036854775807")); // of brokers

        CreateTopicsResponse response = await broker.CallAsync<CreateTopicsResponse>(request, version);

        Assert.Equal(
            [ErrorCode.None, ErrorCode.InvalidConfig, ErrorCode.InvalidConfig, ErrorCode.InvalidConfig, ErrorCode.InvalidConfig], Errors(response));
        Assert.StartsWith("flush.messages is not supported here", Rows(response)[1].ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(["copy"], broker.Api.Image.Topics.ByName.Keys);
        Assert.Equal(["flush", "retention.ms"], broker.Api.Image.Configs.Of(ConfigOwner.Topic("copy")).Keys);
    }

    private static CreateTopicsRequest.CreatableTopic Add(CreateTopicsRequest request, string name, int partitions, short factor)
    {
        CreateTopicsRequest.CreatableTopic topic = request.Topics.Add();
        (topic.Name, topic.NumPartitions, topic.ReplicationFactor) = (name, partitions, factor);
        return topic;
    }

    private static void Assign(CreateTopicsRequest.CreatableTopic topic, params (int Partition, int[] Brokers)[] assignments)
    {
        foreach ((int partition, int[] brokers) in assignments)
        {
            CreateTopicsRequest.CreatableReplicaAssignment assignment = topic.Assignments.Add();
            assignment.PartitionIndex = partition;
            assignment.BrokerIds.AddRange(brokers);
        }
    }

    private static void Configure(CreateTopicsRequest.CreatableTopic topic, params (string Name, string? Value)[] configs)
    {
        foreach ((string name, string? value) in configs)
        {
            CreateTopicsRequest.CreatableTopicConfig config = topic.Configs.Add();
            (config.Name, config.Value) = (name, value);
        }
    }

    private static List<CreateTopicsResponse.CreatableTopicResult> Rows(CreateTopicsResponse response)
    {
        List<CreateTopicsResponse.CreatableTopicResult> rows = [];
        foreach (CreateTopicsResponse.CreatableTopicResult row in response.Topics)
        {
            rows.Add(row);
        }

        return rows;
    }

    private static List<ErrorCode> Errors(CreateTopicsResponse response) => [.. Rows(response).Select(row => (ErrorCode)row.ErrorCode)];

    private static Dictionary<string, (string? Value, sbyte Source)> Configs(CreateTopicsResponse.CreatableTopicResult row)
    {
        var configs = new Dictionary<string, (string?, sbyte)>();
        foreach (CreateTopicsResponse.CreatableTopicConfigs config in row.Configs)
        {
            configs.Add(config.Name, (config.Value, config.ConfigSource));
        }

        return configs;
    }
}
