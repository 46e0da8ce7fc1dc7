using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;

namespace RaftStream.Grpc.Tests;

public class AdminTests
{
    [Fact]
    public async Task Metadata_tells_brokers_topics_and_leaders()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("b", partitions: 2);
        await door.CreateAsync("a");

        GetMetadataResponse all = await door.Admin.GetMetadataAsync(new GetMetadataRequest());
        GetMetadataResponse some = await door.Admin.GetMetadataAsync(
            new GetMetadataRequest { Topics = { Door.Named("b"), Door.Named("missing") } });

        Assert.Equal(["a", "b"], all.Topics.Select(t => t.Topic_.Name));
        Assert.Equal(1, all.ControllerId);
        Assert.StartsWith("127.0.0.1:", all.Brokers.Single().Endpoint, StringComparison.Ordinal);
        Assert.False(all.Brokers.Single().Fenced);
        Assert.Equal([1, 1], some.Topics[0].Partitions.Select(p => p.Leader));
        Assert.Equal("UNKNOWN_TOPIC_OR_PARTITION", some.Topics[1].Error.Name);
    }

    [Fact]
    public async Task Topics_are_created_grown_and_deleted()
    {
        await using Door door = await Door.OpenAsync();
        CreateTopicsResponse created = await door.Admin.CreateTopicsAsync(
            new CreateTopicsRequest { Topics = { new NewTopic { Name = "t" }, new NewTopic { Name = "b d" } } });
        CreatePartitionsResponse grown = await door.Admin.CreatePartitionsAsync(
            new CreatePartitionsRequest { Topics = { new NewPartitions { Topic = created.Results[0].Topic, Count = 3 } } });
        DeleteTopicsResponse deleted = await door.Admin.DeleteTopicsAsync(
            new DeleteTopicsRequest { Topics = { Door.Named("t"), Door.Named("t2") } });

        Assert.Equal([null, "INVALID_TOPIC_EXCEPTION"], created.Results.Select(r => r.Error?.Name));
        Assert.Equal(3, grown.Results.Single().Partitions);
        Assert.Equal([null, "UNKNOWN_TOPIC_OR_PARTITION"], deleted.Results.Select(r => r.Error?.Name));
        Assert.Empty((await door.Admin.GetMetadataAsync(new GetMetadataRequest())).Topics);
    }

    [Fact]
    public async Task P32_requests_that_are_made_again_with_their_ids_take_effect_once()
    {
        await using Door door = await Door.OpenAsync();
        var create = new CreateTopicsRequest { Topics = { new NewTopic { Name = "t", Partitions = 2, Id = NewId() } } };
        var delete = new DeleteTopicsRequest { Topics = { Door.Named("t") }, RequestId = NewId() };

        TopicResult created = (await door.Admin.CreateTopicsAsync(create)).Results[0];
        TopicResult createdAgain = (await door.Admin.CreateTopicsAsync(create)).Results[0];
        TopicResult deleted = (await door.Admin.DeleteTopicsAsync(delete)).Results[0];
        TopicResult createdLate = (await door.Admin.CreateTopicsAsync(create)).Results[0];
        await door.CreateAsync("t");
        TopicResult deletedAgain = (await door.Admin.DeleteTopicsAsync(delete)).Results[0];

        Assert.Equal(create.Topics[0].Id, created.Topic.Id);
        Assert.All([createdAgain, deleted, createdLate, deletedAgain], result => Assert.Equal(created, result));
        Topic left = (await door.Admin.GetMetadataAsync(new GetMetadataRequest())).Topics.Single();
        Assert.NotEqual(created.Topic.Id, left.Topic_.Id);
    }

    [Fact]
    public async Task An_id_of_another_length_is_refused()
    {
        await using Door door = await Door.OpenAsync();
        ByteString odd = ByteString.CopyFromUtf8("seventeen letters");

        RpcException create = await Assert.ThrowsAsync<RpcException>(async () =>
            await door.Admin.CreateTopicsAsync(new CreateTopicsRequest { Topics = { new NewTopic { Name = "t", Id = odd } } }));
        RpcException delete = await Assert.ThrowsAsync<RpcException>(async () =>
            await door.Admin.DeleteTopicsAsync(new DeleteTopicsRequest { Topics = { Door.Named("t") }, RequestId = odd }));

        Assert.All([create, delete], exception => Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode));
    }

    [Fact]
    public async Task Configs_are_described_set_and_reset()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("t");
        var topic = new ConfigResource { Type = ConfigResourceType.ResourceTopic, Name = "t" };

        AlterConfigsResponse altered = await door.Admin.AlterConfigsAsync(new AlterConfigsRequest
        {
            Resources = { new ConfigAlteration { Resource = topic, Changes = { new ConfigChange { Key = "retention.ms", Value = "5" } } } },
        });
        ConfigEntry set = await EntryAsync();
        await door.Admin.AlterConfigsAsync(new AlterConfigsRequest
        {
            Resources = { new ConfigAlteration { Resource = topic, Changes = { new ConfigChange { Key = "retention.ms" } } } },
        });
        ConfigEntry reset = await EntryAsync();

        Assert.Null(altered.Results.Single().Error);
        Assert.Equal(("5", ConfigSource.SourceTopic, "long"), (set.Value, set.Source, set.Type));
        Assert.Equal(("604800000", ConfigSource.SourceDefault), (reset.Value, reset.Source));
        Assert.NotEmpty(set.Documentation);

        async Task<ConfigEntry> EntryAsync() => (await door.Admin.DescribeConfigsAsync(
            new DescribeConfigsRequest { Resources = { topic } })).Results.Single().Entries.Single(e => e.Key == "retention.ms");
    }

    [Fact]
    public async Task Records_are_deleted_up_to_an_offset()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("t");
        await door.ProduceAsync("t", "a");
        await door.ProduceAsync("t", "b");

        DeleteRecordsResponse some = await DeleteAsync(1);
        DeleteRecordsResponse beyond = await DeleteAsync(3);
        DeleteRecordsResponse all = await DeleteAsync(-1);

        Assert.Equal(1, some.Partitions.Single().LowWatermark);
        Assert.Equal("OFFSET_OUT_OF_RANGE", beyond.Partitions.Single().Error.Name);
        Assert.Equal(2, all.Partitions.Single().LowWatermark);

        async Task<DeleteRecordsResponse> DeleteAsync(long before) => await door.Admin.DeleteRecordsAsync(new DeleteRecordsRequest
        {
            Partitions = { new DeleteRecordsPartition { Topic = Door.Named("t"), BeforeOffset = before } },
        });
    }

    [Fact]
    public async Task Logs_are_described()
    {
        await using Door door = await Door.OpenAsync();
        await door.CreateAsync("t", partitions: 2);
        await door.ProduceAsync("t", "a", "b");

        DescribeLogsResponse response = await door.Admin.DescribeLogsAsync(new DescribeLogsRequest { Topics = { Door.Named("t") } });

        Assert.Equal([2, 0], response.Logs.Select(l => l.LogEndOffset));
        Assert.Equal([1, 1], response.Logs.Select(l => l.Segments));
        Assert.True(response.Logs[0].SizeBytes > 0);
    }

    [Fact]
    public async Task Requests_that_cannot_be_read_fail_with_kafkas_error_in_a_trailer()
    {
        await using Door door = await Door.OpenAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await door.Admin.DescribeConfigsAsync(new DescribeConfigsRequest { Resources = { new ConfigResource() } }));

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Equal("INVALID_REQUEST", Door.ErrorOf(exception).Name);
    }

    [Fact]
    public async Task Configs_of_a_broker_change_while_it_runs()
    {
        await using Door door = await Door.OpenAsync();
        var broker = new ConfigResource { Type = ConfigResourceType.ResourceBroker, Name = "1" };
        var metadata = new GetMetadataRequest { Topics = { Door.Named("made-for-me") } };
        Assert.Equal("UNKNOWN_TOPIC_OR_PARTITION", (await door.Admin.GetMetadataAsync(metadata)).Topics.Single().Error.Name);

        AlterConfigsResponse altered = await door.Admin.AlterConfigsAsync(new AlterConfigsRequest
        {
            Resources = { new ConfigAlteration { Resource = broker, Changes = { new ConfigChange { Key = "auto.create.topics.enable", Value = "true" } } } },
        });
        DescribeConfigsResponse described = await door.Admin.DescribeConfigsAsync(new DescribeConfigsRequest
        {
            Resources = { broker, new ConfigResource { Type = ConfigResourceType.ResourceBroker, Name = "2" } },
        });

        Assert.Null(altered.Results.Single().Error);
        ConfigEntry entry = described.Results[0].Entries.Single(one => one.Key == "auto.create.topics.enable");
        Assert.Equal(("true", ConfigSource.SourceBroker), (entry.Value, entry.Source));
        Assert.Equal("INVALID_REQUEST", described.Results[1].Error.Name);
        Assert.Null((await door.Admin.GetMetadataAsync(metadata)).Topics.Single().Error);
    }

    private static ByteString NewId() => ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
}
