using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Topics;

public sealed class DeleteTopicsTests
{
    [Theory]
    [VersionsOf(ApiKey.DeleteTopics)]
    public async Task Topics_are_deleted_by_name_each_by_itself(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid id = await broker.CreateAsync("orders");
        await broker.CreateAsync("twice");
        await broker.CreateAsync("other");

        DeleteTopicsResponse response = await broker.CallAsync<DeleteTopicsResponse>(Named(version, "orders", "nothing", "twice", "twice", ""), version);

        Dictionary<string, DeleteTopicsResponse.DeletableTopicResult> rows = ByName(response);
        Assert.Equal(4, rows.Count);
        Assert.Equal(0, rows["orders"].ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), rows["nothing"].ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), rows["twice"].ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), rows[""].ErrorCode);
        Assert.Equal(["other", "twice"], broker.Api.Image.Topics.ByName.Keys);
        if (version >= 5)
        {
            Assert.Contains("nothing", rows["nothing"].ErrorMessage, StringComparison.Ordinal);
        }

        if (version >= 6)
        {
            Assert.Equal(id, rows["orders"].TopicId);
        }
    }

    [Theory]
    [VersionsOf(ApiKey.DeleteTopics, from: 6)]
    public async Task Topics_are_deleted_by_id(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid id = await broker.CreateAsync("orders");
        Guid both = await broker.CreateAsync("both");
        Guid twice = await broker.CreateAsync("twice");
        Guid strange = Guid.NewGuid();
        var request = new DeleteTopicsRequest();
        Add(request, null, id);
        Add(request, null, strange);
        Add(request, "both", both);
        Add(request, null, twice);
        Add(request, "twice", Guid.Empty);

        DeleteTopicsResponse response = await broker.CallAsync<DeleteTopicsResponse>(request, version);

        List<DeleteTopicsResponse.DeletableTopicResult> rows = Rows(response);
        Assert.Equal(5, rows.Count);
        Assert.Equal(("orders", (short)0), rows.Where(row => row.TopicId == id).Select(row => (row.Name, row.ErrorCode)).Single());
        Assert.Equal(
            (null, KafkaBroker.Code(ErrorCode.UnknownTopicId)), rows.Where(row => row.TopicId == strange).Select(row => (row.Name, row.ErrorCode)).Single());
        Assert.Equal(3, rows.Count(row => row.ErrorCode == KafkaBroker.Code(ErrorCode.InvalidRequest)));
        Assert.Equal(["both", "twice"], broker.Api.Image.Topics.ByName.Keys);
    }

    [Fact]
    public async Task A_topic_that_is_created_again_is_not_found_by_its_old_id()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid old = await broker.CreateAsync("orders");
        await broker.CallAsync<DeleteTopicsResponse>(Named(6, "orders"), 6);
        Guid young = await broker.CreateAsync("orders");
        var request = new DeleteTopicsRequest();
        Add(request, null, old);

        DeleteTopicsResponse response = await broker.CallAsync<DeleteTopicsResponse>(request, 6);

        Assert.NotEqual(old, young);
        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicId), Rows(response).Single().ErrorCode);
        Assert.NotNull(broker.Find("orders"));
    }

    private static DeleteTopicsRequest Named(int version, params string[] names)
    {
        var request = new DeleteTopicsRequest();
        foreach (string name in names)
        {
            if (version < 6)
            {
                request.TopicNames.Add(name);
            }
            else
            {
                Add(request, name, Guid.Empty);
            }
        }

        return request;
    }

    private static void Add(DeleteTopicsRequest request, string? name, Guid id)
    {
        DeleteTopicsRequest.DeleteTopicState topic = request.Topics.Add();
        (topic.Name, topic.TopicId) = (name, id);
    }

    private static List<DeleteTopicsResponse.DeletableTopicResult> Rows(DeleteTopicsResponse response)
    {
        List<DeleteTopicsResponse.DeletableTopicResult> rows = [];
        foreach (DeleteTopicsResponse.DeletableTopicResult row in response.Responses)
        {
            rows.Add(row);
        }

        return rows;
    }

    private static Dictionary<string, DeleteTopicsResponse.DeletableTopicResult> ByName(DeleteTopicsResponse response) =>
        Rows(response).ToDictionary(row => row.Name!);
}
