using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers;

public sealed class MetadataTests
{
    [Theory]
    [VersionsOf(ApiKey.Metadata)]
    public async Task Topics_are_told_by_name_and_brokers_by_listener(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid id = await broker.CreateAsync("orders", 2);

        MetadataResponse response = await broker.CallAsync<MetadataResponse>(Asked("orders"), version, "DOCKER");

        Assert.Equal((1, 1, "kafka", 29092), (response.Brokers.Count, response.Brokers[0].NodeId, response.Brokers[0].Host, response.Brokers[0].Port));
        MetadataResponse.MetadataResponseTopic topic = response.Topics[0];
        Assert.Equal((1, "orders", (short)0, 2), (response.Topics.Count, topic.Name, topic.ErrorCode, topic.Partitions.Count));
        Assert.Equal((1, 1), (topic.Partitions[1].PartitionIndex, topic.Partitions[1].LeaderId));
        if (version >= 7)
        {
            Assert.True(topic.Partitions[1].LeaderEpoch >= 0); // E.4: epochs that are told are real ones
        }

        if (version >= 10)
        {
            Assert.Equal(id, topic.TopicId); // E.3 9
        }
    }

    [Theory]
    [VersionsOf(ApiKey.Metadata)]
    public async Task All_topics_are_null_and_in_version_0_an_empty_list(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("b");
        await broker.CreateAsync("a");
        MetadataRequest all = Asked();
        if (version >= 1)
        {
            all.Topics.SetNull();
        }

        MetadataResponse response = await broker.CallAsync<MetadataResponse>(all, version);

        Assert.Equal(("a", "b"), (response.Topics[0].Name, response.Topics[1].Name));
        if (version >= 1)
        {
            Assert.Equal(0, (await broker.CallAsync<MetadataResponse>(Asked(), version)).Topics.Count);
        }
    }

    [Theory]
    [VersionsOf(ApiKey.Metadata)]
    public async Task E4_topics_are_created_when_both_sides_allow_it_and_can_be_used_at_once(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(KafkaBroker.Options with { AutoCreateTopics = true });

        MetadataResponse response = await broker.CallAsync<MetadataResponse>(Asked("fresh", "a/b"), version);

        Dictionary<string, MetadataResponse.MetadataResponseTopic> topics = ByName(response);
        Assert.Equal((0, 1), (topics["fresh"].ErrorCode, topics["fresh"].Partitions[0].LeaderId));
        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidTopicException), topics["a/b"].ErrorCode);
        if (version >= 4)
        {
            MetadataRequest unwilling = Asked("other");
            unwilling.AllowAutoTopicCreation = false;
            MetadataResponse refused = await broker.CallAsync<MetadataResponse>(unwilling, version);
            Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), refused.Topics[0].ErrorCode);
            Assert.Null(broker.Find("other"));
        }
    }

    [Theory]
    [VersionsOf(ApiKey.Metadata)]
    public async Task Topics_are_not_created_when_the_broker_does_not_allow_it(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();

        MetadataResponse response = await broker.CallAsync<MetadataResponse>(Asked("fresh"), version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), response.Topics[0].ErrorCode);
        Assert.Null(broker.Find("fresh"));
    }

    [Theory]
    [VersionsOf(ApiKey.Metadata, from: 10)]
    public async Task Topics_are_told_by_id_and_one_that_is_created_again_has_another(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid old = await broker.CreateAsync("orders");
        await broker.Api.Admin.DeleteTopicsAsync([new Metadata.Control.TopicReference("orders", TopicId.None)]);
        Guid young = await broker.CreateAsync("orders");
        MetadataRequest request = Asked();
        foreach (Guid id in (Guid[])[young, old])
        {
            MetadataRequest.MetadataRequestTopic topic = request.Topics.Add();
            topic.TopicId = id;
            topic.Name = version >= 12 ? null : "";
        }

        MetadataResponse response = await broker.CallAsync<MetadataResponse>(request, version);

        Assert.Equal(("orders", young, (short)0), (response.Topics[0].Name, response.Topics[0].TopicId, response.Topics[0].ErrorCode));
        Assert.Equal((old, KafkaBroker.Code(ErrorCode.UnknownTopicId)), (response.Topics[1].TopicId, response.Topics[1].ErrorCode));
    }

    [Theory]
    [VersionsOf(ApiKey.Metadata, from: 8)]
    public async Task Authorized_operations_are_told_when_asked_for(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        MetadataRequest request = Asked("orders");
        request.IncludeTopicAuthorizedOperations = true;
        request.IncludeClusterAuthorizedOperations = version <= 10;

        MetadataResponse response = await broker.CallAsync<MetadataResponse>(request, version);
        MetadataResponse without = await broker.CallAsync<MetadataResponse>(Asked("orders"), version);

        Assert.True(response.Topics[0].TopicAuthorizedOperations > 0);
        Assert.Equal(version <= 10, response.ClusterAuthorizedOperations > 0);
        Assert.Equal(int.MinValue, without.Topics[0].TopicAuthorizedOperations);
    }

    private static MetadataRequest Asked(params string[] names)
    {
        var request = new MetadataRequest();
        foreach (string name in names)
        {
            request.Topics.Add().Name = name;
        }

        return request;
    }

    private static Dictionary<string, MetadataResponse.MetadataResponseTopic> ByName(MetadataResponse response)
    {
        var topics = new Dictionary<string, MetadataResponse.MetadataResponseTopic>();
        foreach (MetadataResponse.MetadataResponseTopic topic in response.Topics)
        {
            topics.Add(topic.Name!, topic);
        }

        return topics;
    }
}
