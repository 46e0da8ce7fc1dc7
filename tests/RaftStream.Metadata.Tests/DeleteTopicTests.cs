using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class DeleteTopicTests
{
    [Fact]
    public void A_deleted_topic_takes_its_configs_along()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", configs: ("retention.ms", "5"));

        Assert.Null(Delete(cluster, new TopicReference("t", TopicId.None)).Error);

        Assert.Empty(cluster.Image.Topics.ById);
        Assert.Empty(cluster.Image.Configs.ByOwner);
        Assert.Equal(["t"], cluster.Delta.Topics.RemovedTopics.Select(t => t.Name));
        Assert.Empty(cluster.Delta.Topics.ChangedPartitions);
    }

    [Fact]
    public void A_topic_created_anew_has_another_id_and_the_old_id_is_unknown()
    {
        //
        var cluster = Cluster.WithBrokers(1);
        TopicId old = cluster.Create("t").Topic.Id;
        Delete(cluster, new TopicReference("t", TopicId.None));

        TopicId anew = cluster.Create("t").Topic.Id;

        Assert.NotEqual(old, anew);
        Assert.Equal(ErrorCode.UnknownTopicId, Delete(cluster, new TopicReference("", old)).Error?.Code);
        Assert.Equal(ErrorCode.UnknownTopicId, Delete(cluster, new TopicReference("t", old)).Error?.Code);
        Assert.Null(Delete(cluster, new TopicReference("t", anew)).Error);
    }

    [Fact]
    public void Name_and_id_must_agree()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("other");
        TopicId id = cluster.Create("t").Topic.Id;

        TopicOutcome outcome = Delete(cluster, new TopicReference("other", id));

        Assert.Equal(ErrorCode.InconsistentTopicId, outcome.Error?.Code);
    }

    [Theory]
    [InlineData("missing", ErrorCode.UnknownTopicOrPartition)]
    [InlineData("", ErrorCode.InvalidRequest)]
    public void Unknown_names_have_kafkas_error(string name, ErrorCode expected) =>
        Assert.Equal(expected, Delete(Cluster.WithBrokers(1), new TopicReference(name, TopicId.None)).Error?.Code);

    [Fact]
    public void A_topic_named_twice_is_deleted_once()
    {
        var cluster = Cluster.WithBrokers(1);
        TopicId id = cluster.Create("t").Topic.Id;

        var outcomes = cluster.Commit(TopicControl.Delete(
            cluster.Image, [new TopicReference("t", TopicId.None), new TopicReference("", id)]));

        Assert.Equal([null, ErrorCode.InvalidRequest], outcomes.Select(o => o.Error?.Code));
    }

    private static TopicOutcome Delete(Cluster cluster, TopicReference topic) =>
        cluster.Commit(TopicControl.Delete(cluster.Image, [topic])).Single();
}
