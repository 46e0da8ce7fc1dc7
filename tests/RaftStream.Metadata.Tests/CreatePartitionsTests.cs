using System.Collections.Immutable;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class CreatePartitionsTests
{
    [Fact]
    public void A_topic_grows_and_keeps_its_old_partitions()
    {
        var cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions: 2, factor: 2);
        var before = cluster.Image.Topics.Find("t")!.Partitions;

        Assert.Null(Grow(cluster, "t", 5).Error);

        Assert.Equal(5, cluster.Image.Topics.Find("t")!.Partitions.Count);
        Assert.Equal(before, cluster.Image.Topics.Find("t")!.Partitions.Take(2));
        Assert.Equal([2, 3, 4], cluster.Delta.Topics.ChangedPartitions.Select(p => p.Partition));
    }

    [Theory]
    [InlineData("t", 3, ErrorCode.InvalidPartitions)] // as many as there are
    [InlineData("t", 2, ErrorCode.InvalidPartitions)] // fewer
    [InlineData("t", -1, ErrorCode.InvalidPartitions)]
    [InlineData("t", 20_000, ErrorCode.PolicyViolation)]
    [InlineData("missing", 9, ErrorCode.UnknownTopicOrPartition)]
    public void Mistakes_have_kafkas_error(string topic, int count, ErrorCode expected)
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", partitions: 3);

        Assert.Equal(expected, Grow(cluster, topic, count).Error?.Code);
        Assert.Equal(3, cluster.Image.Topics.Find("t")!.Partitions.Count);
    }

    [Fact]
    public void Replicas_of_the_new_partitions_can_be_chosen()
    {
        var cluster = Cluster.WithBrokers(3);
        cluster.Create("t", partitions: 1, factor: 2);

        Assert.Null(Grow(cluster, "t", 3, [3, 1], [2, 3]).Error);

        Assert.Equal([3, 1], cluster.Partition("t", 1).Replicas.Select(id => id.Value));
        Assert.Equal([2, 3], cluster.Partition("t", 2).Replicas.Select(id => id.Value));
    }

    [Theory]
    [InlineData(2, new[] { 1, 2 }, new[] { 2, 3 })] // one partition, two assignments
    [InlineData(3, new[] { 1, 2 }, null)]
    [InlineData(2, new[] { 1 }, null)] // another number of replicas than the topic has
    [InlineData(2, new[] { 1, 1 }, null)]
    [InlineData(2, new[] { 1, 9 }, null)]
    public void Replicas_that_cannot_be_are_refused(int count, int[] first, int[]? second)
    {
        var cluster = Cluster.WithBrokers(3);
        cluster.Create("t", partitions: 1, factor: 2);

        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Grow(cluster, "t", count, second is null ? [first] : [first, second]).Error?.Code);
        Assert.Single(cluster.Image.Topics.Find("t")!.Partitions);
    }

    [Fact]
    public void The_clusters_limit_holds()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Settings = new ControllerSettings { MaxPartitions = 4 };
        cluster.Create("t", partitions: 3);

        Assert.Equal(ErrorCode.PolicyViolation, Grow(cluster, "t", 5).Error?.Code);
        Assert.Equal(ErrorCode.PolicyViolation, cluster.Create("u", partitions: 2).Error?.Code);
        Assert.Null(Grow(cluster, "t", 4).Error);
    }

    private static TopicOutcome Grow(Cluster cluster, string topic, int count, params int[][] assignments) => cluster.Commit(PartitionControl.Create(
        cluster.Image,
        cluster.Settings,
        [new NewPartitions(new TopicReference(topic, TopicId.None), count, [.. assignments.Select(ids => ids.Select(id => new NodeId(id)).ToImmutableArray())])],
        validateOnly: false,
        cluster.Prng)).Single();
}
