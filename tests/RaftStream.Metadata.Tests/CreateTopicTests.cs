using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class CreateTopicTests
{
    [Fact]
    public void A_topic_gets_partitions_leaders_and_an_id()
    {
        var cluster = Cluster.WithBrokers(3);

        TopicOutcome outcome = cluster.Create("orders", partitions: 6, factor: 3);

        Assert.Null(outcome.Error);
        Assert.Equal((6, 3), (outcome.Partitions, outcome.ReplicationFactor));
        TopicImage topic = cluster.Image.Topics.Find(outcome.Topic.Id)!;
        Assert.Equal("orders", topic.Name);
        Assert.All(topic.Partitions, p => Assert.Equal(3, p.Replicas.Distinct().Count()));
        Assert.All(topic.Partitions, p => Assert.Equal(p.Replicas[0], p.Leader));
        Assert.All(topic.Partitions, p => Assert.Equal(0, p.LeaderEpoch.Value));
        Assert.Equal(2, topic.Partitions.Count(p => p.Leader == new NodeId(1)));
        Assert.Equal(6, cluster.Delta.Topics.ChangedPartitions.Count());
    }

    [Fact]
    public void C_14_4_a_topic_that_is_asked_for_again_with_its_id_is_there_and_costs_nothing()
    {
        var cluster = Cluster.WithBrokers(3);
        var asked = new NewTopic { Name = "orders", Id = new TopicId(Guid.NewGuid()), Partitions = 2, ReplicationFactor = 3 };
        TopicOutcome first = cluster.Create(asked);
        long end = cluster.Image.EndOffset;

        TopicOutcome again = cluster.Create(asked);

        Assert.Equal(first, again);
        Assert.Equal(asked.Id, again.Topic.Id);
        Assert.Equal(end, cluster.Image.EndOffset);
        Assert.Equal(ErrorCode.TopicAlreadyExists, cluster.Create(asked with { Id = new TopicId(Guid.NewGuid()) }).Error?.Code);
        Assert.Equal(ErrorCode.TopicAlreadyExists, cluster.Create(asked with { Id = TopicId.None }).Error?.Code);
        Assert.Equal(ErrorCode.InvalidRequest, cluster.Create(asked with { Name = "others" }).Error?.Code);
    }

    [Fact]
    public void P32_a_creation_that_was_undone_meanwhile_is_not_made_once_more()
    {
        var cluster = Cluster.WithBrokers(3);
        var asked = new NewTopic { Name = "orders", Id = new TopicId(Guid.NewGuid()), Partitions = 2, ReplicationFactor = 3 };
        TopicOutcome first = cluster.Create(asked);
        cluster.Commit(TopicControl.Delete(cluster.Image, [new TopicReference("orders", TopicId.None)]));
        long end = cluster.Image.EndOffset;

        TopicOutcome again = cluster.Create(asked);

        Assert.Equal(first, again);
        Assert.Equal(end, cluster.Image.EndOffset);
        Assert.Null(cluster.Image.Topics.Find("orders"));
        Assert.Equal(ErrorCode.InvalidRequest, cluster.Create(asked with { Name = "others" }).Error?.Code); // an id names one topic for ever
        Assert.Null(cluster.Create(asked with { Id = TopicId.None }).Error);
        Assert.Equal(first, cluster.Create(asked));
    }

    [Fact]
    public void Numbers_that_are_not_given_are_the_clusters_defaults()
    {
        var cluster = Cluster.WithBrokers(2);
        cluster.Settings = new ControllerSettings { DefaultPartitions = 4, DefaultReplicationFactor = 2 };

        TopicOutcome outcome = cluster.Create(new NewTopic { Name = "orders" });

        Assert.Equal((4, 2), (outcome.Partitions, outcome.ReplicationFactor));
    }

    public static TheoryData<string, int, int, ErrorCode> Refused => new()
    {
        { "", 1, 1, ErrorCode.InvalidTopicException },
        { ".", 1, 1, ErrorCode.InvalidTopicException },
        { "..", 1, 1, ErrorCode.InvalidTopicException },
        { "with space", 1, 1, ErrorCode.InvalidTopicException },
        { "a/b", 1, 1, ErrorCode.InvalidTopicException },
        { new string('a', 250), 1, 1, ErrorCode.InvalidTopicException },
        { "__cluster_metadata", 1, 1, ErrorCode.InvalidTopicException },
        { "ta.ken", 1, 1, ErrorCode.TopicAlreadyExists },
        { "ta_ken", 1, 1, ErrorCode.InvalidTopicException }, // Kafka's collision rule
        { "negative", -1, 1, ErrorCode.InvalidPartitions },
        { "many", 20_000, 1, ErrorCode.PolicyViolation },
        { "negative", 1, -1, ErrorCode.InvalidReplicationFactor },
        { "wide", 1, 3, ErrorCode.InvalidReplicationFactor },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Mistakes_have_kafkas_error(string name, int partitions, int factor, ErrorCode expected)
    {
        var cluster = Cluster.WithBrokers(2);
        cluster.Create("ta.ken");
        int records = cluster.Log.Count;

        TopicOutcome outcome = cluster.Create(name, partitions, factor);

        Assert.Equal(expected, outcome.Error?.Code);
        Assert.Equal(records, cluster.Log.Count);
    }

    [Fact]
    public void A_name_of_249_characters_is_allowed() => Assert.Null(Cluster.WithBrokers(1).Create(new string('a', 249)).Error);

    [Fact]
    public void Topics_of_one_request_stand_by_themselves()
    {
        var cluster = Cluster.WithBrokers(1);

        var outcomes = cluster.Commit(TopicControl.Create(
            cluster.Image,
            cluster.Settings,
            [New("good"), New("bad name"), New("twice"), New("twice"), New("col.lide"), New("col_lide")],
            validateOnly: false,
            cluster.Prng));

        Assert.Equal(
            [null, ErrorCode.InvalidTopicException, ErrorCode.InvalidRequest, ErrorCode.InvalidRequest, null, ErrorCode.InvalidTopicException],
            outcomes.Select(o => o.Error?.Code));
        Assert.Equal(["col.lide", "good"], cluster.Image.Topics.InOrder().Select(t => t.Name));

        static NewTopic New(string name) => new() { Name = name };
    }

    [Fact]
    public void Validate_only_answers_and_changes_nothing()
    {
        var cluster = Cluster.WithBrokers(1);

        TopicOutcome good = cluster.Create(new NewTopic { Name = "good" }, validateOnly: true);
        TopicOutcome bad = cluster.Create(new NewTopic { Name = "b d" }, validateOnly: true);

        Assert.Null(good.Error);
        Assert.NotNull(bad.Error);
        Assert.Empty(cluster.Image.Topics.ById);
    }

    [Fact]
    public void Every_wrong_config_is_told_at_once()
    {
        var cluster = Cluster.WithBrokers(1);

        TopicOutcome outcome = cluster.Create(
            "t", configs: [("retention.ms", "soon"), ("segmnt.bytes", "1"), ("cleanup.policy", "compact")]);

        Assert.Equal(ErrorCode.InvalidConfig, outcome.Error!.Code);
        Assert.Contains("retention.ms", outcome.Error.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean segment.bytes?", outcome.Error.Message, StringComparison.Ordinal);
        Assert.Contains("not supported by this version", outcome.Error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 0, 1 }, new[] { 1, 2 }, null)]
    [InlineData(new[] { 1 }, new[] { 1, 2 }, ErrorCode.InvalidReplicaAssignment)] // does not start at 0
    [InlineData(new[] { 0, 2 }, new[] { 1, 2 }, ErrorCode.InvalidReplicaAssignment)] // gap
    [InlineData(new[] { 0 }, new[] { 1, 1 }, ErrorCode.InvalidReplicaAssignment)] // broker twice
    [InlineData(new[] { 0 }, new[] { 1, 9 }, ErrorCode.InvalidReplicaAssignment)] // unknown broker
    [InlineData(new[] { 0 }, new int[0], ErrorCode.InvalidReplicaAssignment)] // no replica
    public void Chosen_replicas_are_checked(int[] partitions, int[] replicas, ErrorCode? expected)
    {
        var cluster = Cluster.WithBrokers(2);

        TopicOutcome outcome = cluster.Create(Assigned(partitions, replicas));

        Assert.Equal(expected, outcome.Error?.Code);
    }

    [Fact]
    public void Chosen_replicas_exclude_the_two_numbers()
    {
        var cluster = Cluster.WithBrokers(2);

        TopicOutcome outcome = cluster.Create(Assigned([0], [2, 1]) with { Partitions = 1 });

        Assert.Equal(ErrorCode.InvalidRequest, outcome.Error?.Code);
    }

    [Fact]
    public void The_flush_mode_is_stamped_and_a_later_default_does_not_change_it()
    {
        // fixed at creation.
        var cluster = Cluster.WithBrokers(1);
        cluster.Settings = new ControllerSettings { StaticTopicConfigs = ConfigsImage.NoValues.Add("flush", "commit") };
        cluster.Create("t");

        cluster.Settings = new ControllerSettings();

        Assert.Equal(Flush.Commit, cluster.Partition("t").Flush);
        Assert.Equal("commit", cluster.Image.Configs.Of(ConfigOwner.Topic("t"))["flush"]);
    }

    [Fact]
    public void A_topic_without_an_active_replica_gets_its_leader_when_one_comes_back()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Fence(1);

        cluster.Create("t");

        Assert.Equal(NodeId.None, cluster.Partition("t").Leader);
        cluster.Start(1, cluster.Image.Brokers.ById[new NodeId(1)].Epoch);
        Assert.Equal(new NodeId(1), cluster.Partition("t").Leader);
    }

    private static NewTopic Assigned(int[] partitions, int[] replicas)
    {
        var assignments = System.Collections.Immutable.ImmutableSortedDictionary<int, System.Collections.Immutable.ImmutableArray<NodeId>>.Empty;
        foreach (int partition in partitions)
        {
            assignments = assignments.Add(partition, Cluster.Nodes(replicas));
        }

        return new NewTopic { Name = "t", Assignments = assignments };
    }
}
