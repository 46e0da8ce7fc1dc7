using RaftStream.Internal.V1;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class ConfigTests
{
    [Fact]
    public void Topic_wins_over_cluster_over_node_over_default()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t");
        Assert.Equal(("604800000", ConfigSource.Default), Retention(cluster));

        cluster.Settings = new ControllerSettings { StaticTopicConfigs = ConfigsImage.NoValues.Add("retention.ms", "1") };
        Assert.Equal(("1", ConfigSource.Static), Retention(cluster));

        Assert.Null(cluster.Alter(ConfigOwner.Cluster, ("retention.ms", "2")));
        Assert.Equal(("2", ConfigSource.Cluster), Retention(cluster));

        Assert.Null(cluster.Alter("t", ("retention.ms", "3")));
        Assert.Equal(("3", ConfigSource.Topic), Retention(cluster));
        Assert.Equal(3, TopicSettings.Of(cluster.Image.Configs, cluster.Settings.StaticTopicConfigs, "t").RetentionMs);

        Assert.Null(cluster.Alter("t", ("retention.ms", null)));
        Assert.Equal(("2", ConfigSource.Cluster), Retention(cluster));
    }

    [Fact]
    public void Other_keys_stay_as_they_are()
    {
        // KIP-339.
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", configs: [("retention.ms", "5"), ("segment.bytes", "4096")]);

        Assert.Null(cluster.Alter("t", ("retention.ms", "6")));

        Assert.Equal("4096", cluster.Image.Configs.Of(ConfigOwner.Topic("t"))["segment.bytes"]);
        Assert.Equal([ConfigOwner.Topic("t")], cluster.Delta.Configs.ChangedOwners);
    }

    [Theory]
    [InlineData("retention.ms", "-2")]
    [InlineData("retention.ms", "1.5")]
    [InlineData("retention.ms", "")]
    [InlineData("retention.ms", "9223372036854775808")]
    [InlineData("segment.bytes", "4")]
    [InlineData("segment.bytes", "3000000000")]
    [InlineData("preallocate", "yes")]
    [InlineData("message.timestamp.type", "logappendtime")]
    [InlineData("cleanup.policy", "compact,delete")]
    [InlineData("compression.type", "zstd")]
    [InlineData("flush", "sometimes")]
    [InlineData("no.such.key", "1")]
    public void Values_are_checked(string key, string value)
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t");

        OperationError? error = cluster.Alter("t", ("retention.bytes", "7"), (key, value));

        Assert.Equal(ErrorCode.InvalidConfig, error?.Code);
        Assert.Contains(key, error!.Message, StringComparison.Ordinal);
        Assert.False(cluster.Image.Configs.Of(ConfigOwner.Topic("t")).ContainsKey("retention.bytes"));
    }

    [Theory]
    [InlineData("min.insync.replicas", "0", "from 1 to 2147483647")]
    [InlineData("min.insync.replicas", "99999999999", "from 1 to 2147483647")]
    [InlineData("retention.ms", "9223372036854775808", "from -1 to 9223372036854775807")]
    [InlineData("min.insync.replicas", "two", "is not a whole number")]
    public void A_number_out_of_range_is_told_the_range(string key, string value, string said) =>
        Assert.Contains(said, TopicConfigKeys.Problem(key, value), StringComparison.Ordinal);

    [Fact]
    public void Every_default_passes_its_own_check() =>
        Assert.All(TopicConfigKeys.All.Values, key => Assert.Null(TopicConfigKeys.Problem(key.Name, key.Default)));

    [Fact]
    public void Every_key_is_documented() =>
        Assert.All(TopicConfigKeys.All.Values, key => Assert.EndsWith(".", key.Documentation, StringComparison.Ordinal));

    [Fact]
    public void Resetting_an_unknown_key_is_refused() =>
        Assert.Equal(ErrorCode.InvalidConfig, Created().Alter("t", ("no.such.key", null))?.Code);

    [Fact]
    public void A_key_named_twice_is_refused() =>
        Assert.Equal(ErrorCode.InvalidConfig, Created().Alter("t", ("retention.ms", "1"), ("retention.ms", "2"))?.Code);

    [Fact]
    public void Configs_of_unknown_topics_cannot_be_altered() =>
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Created().Alter("missing", ("retention.ms", "1"))?.Code);

    [Fact]
    public void Broker_wins_over_cluster_over_node_over_default()
    {
        var cluster = Cluster.WithBrokers(2);
        var one = new NodeId(1);
        var statics = ConfigsImage.NoValues;
        Assert.Equal(("8388608", ConfigSource.Default), Fetch());

        statics = statics.Add("fetch.max.bytes", "5000");
        Assert.Equal(("5000", ConfigSource.Static), Fetch());
        Assert.Null(cluster.Alter(ConfigOwner.Cluster, ("fetch.max.bytes", "6000"), ("retention.ms", "5"))); // both kinds of keys
        Assert.Equal(("6000", ConfigSource.Cluster), Fetch());
        Assert.Null(cluster.Alter(ConfigOwner.Broker(one), ("fetch.max.bytes", "7000"), ("auto.create.topics.enable", "true")));
        Assert.Equal(("7000", ConfigSource.Broker), Fetch());
        BrokerConfigs values = BrokerConfigs.Of(cluster.Image.Configs, statics, one);
        Assert.Equal((7000, true), (values.MaxFetchBytes, values.AutoCreateTopics));
        Assert.Equal(6000, BrokerConfigs.Of(cluster.Image.Configs, statics, new NodeId(2)).MaxFetchBytes);
        Assert.Null(cluster.Alter(ConfigOwner.Broker(one), ("fetch.max.bytes", null)));
        Assert.Equal(("6000", ConfigSource.Cluster), Fetch());

        (string, ConfigSource) Fetch() => BrokerConfigs.Effective(cluster.Image.Configs, statics, one)
            .Where(config => config.Key.Name == "fetch.max.bytes").Select(config => (config.Value, config.Source)).Single();
    }

    [Theory]
    [InlineData("1", "retention.ms", "1", ErrorCode.InvalidConfig)]
    [InlineData("1", "fetch.max.byte", "5000", ErrorCode.InvalidConfig)]
    [InlineData("1", "fetch.max.bytes", "5", ErrorCode.InvalidConfig)]
    [InlineData("1", "auto.create.topics.enable", "yes", ErrorCode.InvalidConfig)]
    [InlineData("", "fetch.max.bytes", "5000", ErrorCode.InvalidRequest)]
    [InlineData("-1", "fetch.max.bytes", "5000", ErrorCode.InvalidRequest)]
    [InlineData("01", "fetch.max.bytes", "5000", ErrorCode.InvalidRequest)]
    [InlineData("one", "fetch.max.bytes", "5000", ErrorCode.InvalidRequest)]
    public void Mistakes_in_broker_configs_are_refused(string broker, string key, string value, ErrorCode expected) =>
        Assert.Equal(expected, Created().Alter(new ConfigOwner(ConfigScope.Broker, broker), (key, value))?.Code);

    [Fact]
    public void Flush_goes_from_commit_to_os_and_never_back()
    {
        //
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", configs: ("flush", "commit"));
        int epoch = cluster.Partition("t").PartitionEpoch.Value;

        Assert.Null(cluster.Alter("t", ("flush", "os")));

        Assert.Equal(Flush.Os, cluster.Partition("t").Flush);
        Assert.Equal(epoch + 1, cluster.Partition("t").PartitionEpoch.Value);
        Assert.Equal(ErrorCode.InvalidConfig, cluster.Alter("t", ("flush", "commit"))?.Code);
    }

    [Fact]
    public void Resetting_flush_cannot_sneak_from_os_to_commit()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", configs: ("flush", "os"));
        cluster.Alter(ConfigOwner.Cluster, ("flush", "commit"));

        Assert.Equal(ErrorCode.InvalidConfig, cluster.Alter("t", ("flush", null))?.Code);
        Assert.Equal(Flush.Os, cluster.Partition("t").Flush);
    }

    [Fact]
    public void A_changed_minimum_is_stamped_into_each_partition_in_the_same_batch()
    {
        // R-2.3 (KAFKA-16540).
        var cluster = Cluster.WithBrokers(3);
        cluster.Create("own", partitions: 2, factor: 3, ("min.insync.replicas", "3"));
        cluster.Create("default", partitions: 2, factor: 3);

        Assert.Null(cluster.Alter(ConfigOwner.Cluster, ("min.insync.replicas", "2")));

        Assert.Equal([2, 2], cluster.Image.Topics.Find("default")!.Partitions.Select(p => p.MinIsr));
        Assert.Equal([3, 3], cluster.Image.Topics.Find("own")!.Partitions.Select(p => p.MinIsr));
        Assert.Equal(2, cluster.Delta.Topics.ChangedPartitions.Count());
    }

    [Theory]
    [InlineData("3", true)] // nothing could be committed without them, and nothing can
    [InlineData("1", false)] // from now on the leader commits alone
    public void A_changed_minimum_leaves_eligible_whoever_still_holds_everything(string minimum, bool areEligible) // step 2
    {
        var cluster = Cluster.WithBrokers(3);
        cluster.Create("t", partitions: 1, factor: 3, ("min.insync.replicas", "2"));
        int leader = cluster.Partition("t").Leader.Value;
        int[] others = [.. Cluster.Ids(cluster.Partition("t").Replicas).Where(id => id != leader)];
        cluster.Propose("t", 0, leader);
        Assert.Equal(others, Cluster.Ids(cluster.Partition("t").Elr));

        Assert.Null(cluster.Alter("t", ("min.insync.replicas", minimum)));

        Assert.Equal(areEligible ? others : [], Cluster.Ids(cluster.Partition("t").Elr));
        Assert.Equal([leader], Cluster.Ids(cluster.Partition("t").Isr));
    }

    [Fact]
    public void The_minimum_counts_for_at_most_the_number_of_replicas()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", configs: ("min.insync.replicas", "2"));

        Assert.Equal(1, cluster.Partition("t").MinIsr);
    }

    [Theory]
    [InlineData("retention.sm", "retention.ms")]
    [InlineData("segmentbytes", "segment.bytes")]
    [InlineData("xyzzy-quux-nothing-like-it", null)]
    public void Near_misses_are_suggested(string word, string? expected) =>
        Assert.Equal(expected, Spelling.Nearest(word, TopicConfigKeys.All.Keys));

    private static Cluster Created()
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t");
        return cluster;
    }

    private static (string, ConfigSource) Retention(Cluster cluster)
    {
        EffectiveConfig config = TopicSettings.Effective(
            TopicConfigKeys.All["retention.ms"], cluster.Image.Configs, cluster.Settings.StaticTopicConfigs, "t");
        return (config.Value, config.Source);
    }
}
