using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void P32_a_deletion_that_is_asked_again_spares_the_topic_that_was_created_since(bool isByName)
    {
        var cluster = Cluster.WithBrokers(1);
        TopicId old = cluster.Create("t").Topic.Id;
        var request = Guid.NewGuid();
        TopicReference topic = isByName ? new TopicReference("t", TopicId.None) : new TopicReference("", old);
        TopicOutcome first = cluster.Commit(TopicControl.Delete(cluster.Image, [topic], request)).Single();
        TopicId anew = cluster.Create("t").Topic.Id;

        TopicOutcome again = cluster.Commit(TopicControl.Delete(cluster.Image, [topic], request)).Single();

        Assert.Null(first.Error);
        Assert.Equal(first, again);
        Assert.Equal(anew, cluster.Image.Topics.Find("t")?.Id);
        Assert.Null(Delete(cluster, new TopicReference("t", TopicId.None)).Error); // another request
        Assert.Null(cluster.Image.Topics.Find("t"));
    }

    [Fact]
    public void P32_what_was_deleted_is_remembered_over_a_snapshot()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", partitions: 3);
        var request = Guid.NewGuid();
        TopicReference[] topics = [new TopicReference("t", TopicId.None)];
        TopicOutcome first = cluster.Commit(TopicControl.Delete(cluster.Image, topics, request)).Single();
        cluster.Create("t", configs: ("retention.ms", "5"));

        MetadataImage loaded = ImageSnapshot.Read(ImageSnapshot.Write(cluster.Image), cluster.Image.EndOffset);

        Decision<System.Collections.Immutable.ImmutableArray<TopicOutcome>> again = TopicControl.Delete(loaded, topics, request);
        Assert.Empty(again.Records);
        Assert.Equal(first, again.Response.Single());
        Assert.NotNull(loaded.Topics.Find("t"));
        Assert.NotEmpty(loaded.Configs.ByOwner);
    }

    [Fact]
    public void The_topics_that_were_deleted_last_are_remembered_and_no_more()
    {
        RemovedTopics removed = RemovedTopics.Empty;
        var all = new List<RemovedTopic>();
        for (int i = 0; i < RemovedTopics.Limit + 2; i++)
        {
            // All under one name, two to a request.
            all.Add(new RemovedTopic(new TopicId(new Guid(i + 1, 0, 0, new byte[8])), "t", new Guid(1 + (i / 2), 0, 0, new byte[8]), 1, 1));
            removed = removed.Add(all[i]);
        }

        Assert.Equal(all[2..], removed.InOrder());
        Assert.Null(removed.Find(all[1].Id));
        Assert.Null(removed.Find(all[1].Request, "t"));
        Assert.Same(all[2], removed.Find(all[2].Id));
        Assert.Same(all[3], removed.Find(all[2].Request, "t"));
    }

    private static TopicOutcome Delete(Cluster cluster, TopicReference topic) =>
        cluster.Commit(TopicControl.Delete(cluster.Image, [topic])).Single();
}
