using System.Collections.Immutable;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Alterations that take what is there into account (KIP-339), and what keys are told to have been given.</summary>
public class ConfigOperationTests
{
    private static readonly ConfigOwner Topic = ConfigOwner.Topic("t");

    [Fact]
    public void A_replacement_resets_what_it_does_not_name()
    {
        Cluster cluster = Created();
        cluster.Alter("t", ("retention.ms", "1000"), ("segment.ms", "2000"));

        Assert.Null(Replace(cluster, Topic, ("segment.ms", "3000"), ("segment.bytes", "4096")));

        Assert.Equal(
            [("flush", "os"), ("segment.bytes", "4096"), ("segment.ms", "3000")],
            cluster.Image.Configs.Of(Topic).Select(config => (config.Key, config.Value)));
    }

    [Fact]
    public void A_replacement_that_does_not_name_flush_says_nothing_about_it()
    {
        Cluster cluster = Created(("flush", "commit"));

        Assert.Null(Replace(cluster, Topic));
        Assert.Equal(ErrorCode.None, Replace(cluster, Topic, ("flush", "commit"))?.Code ?? ErrorCode.None);

        Assert.Equal("commit", cluster.Image.Configs.Of(Topic)["flush"]);
    }

    [Fact]
    public void A_replacement_of_the_clusters_or_a_brokers_configs_leaves_others_alone()
    {
        Cluster cluster = Created();
        cluster.Alter(ConfigOwner.Cluster, ("retention.ms", "1000"), ("fetch.max.bytes", "2048"));
        cluster.Alter(ConfigOwner.Broker(new NodeId(1)), ("fetch.max.bytes", "4096"));

        Assert.Null(Replace(cluster, ConfigOwner.Cluster, ("retention.ms", "5000")));

        Assert.Equal([("retention.ms", "5000")], cluster.Image.Configs.Of(ConfigOwner.Cluster).Select(config => (config.Key, config.Value)));
        Assert.Equal("4096", cluster.Image.Configs.Of(ConfigOwner.Broker(new NodeId(1)))["fetch.max.bytes"]);
    }

    [Fact]
    public void A_replacement_with_a_mistake_changes_nothing()
    {
        Cluster cluster = Created();
        cluster.Alter("t", ("retention.ms", "1000"));

        Assert.Equal(ErrorCode.InvalidConfig, Replace(cluster, Topic, ("segment.ms", "soon"))?.Code);
        Assert.Equal("1000", cluster.Image.Configs.Of(Topic)["retention.ms"]);
    }

    [Fact]
    public void Words_are_appended_to_a_list_and_taken_out_of_it()
    {
        Cluster cluster = Created();

        Assert.Null(Change(cluster, "cleanup.policy", "delete", ConfigOperation.Append)); // there already, as the default
        Assert.Equal("delete", cluster.Image.Configs.Of(Topic)["cleanup.policy"]);
        Assert.Null(Change(cluster, "cleanup.policy", "compact", ConfigOperation.Subtract)); // not there
        Assert.Equal("delete", cluster.Image.Configs.Of(Topic)["cleanup.policy"]);
    }

    [Theory]
    [InlineData("cleanup.policy", "compact", ConfigOperation.Append, "delete,compact")] // the new list is not supported
    [InlineData("cleanup.policy", "delete", ConfigOperation.Subtract, "must be delete")] // nothing would be left
    [InlineData("cleanup.policy", null, ConfigOperation.Append, "No words")]
    [InlineData("retention.ms", "1", ConfigOperation.Append, "not a list")]
    [InlineData("retention.ms", "1", ConfigOperation.Subtract, "not a list")]
    [InlineData("retentionms", "1", ConfigOperation.Append, "Did you mean retention.ms?")]
    [InlineData("cleanup.policy", "delete", (ConfigOperation)9, "no operation 9")]
    public void Mistakes_with_lists_are_refused(string key, string? value, ConfigOperation operation, string said)
    {
        Cluster cluster = Created();

        OperationError? error = Change(cluster, key, value, operation);

        Assert.Equal(ErrorCode.InvalidConfig, error?.Code);
        Assert.Contains(said, error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_values_of_a_key_are_told_the_strongest_first()
    {
        Cluster cluster = Created();
        cluster.Alter("t", ("retention.ms", "1000"));
        cluster.Alter(ConfigOwner.Cluster, ("retention.ms", "2000"));
        var statics = ConfigsImage.NoValues.Add("retention.ms", "3000");

        LayeredConfig config = ConfigLayers.OfTopic(cluster.Image.Configs, statics, "t").Single(one => one.Key.Name == "retention.ms");

        Assert.Equal(
            [
                new ConfigLayer("1000", ConfigSource.Topic), new ConfigLayer("2000", ConfigSource.Cluster), new ConfigLayer("3000", ConfigSource.Static),
                new ConfigLayer("604800000", ConfigSource.Default),
            ],
            config.Layers.AsEnumerable());
    }

    [Theory]
    [InlineData("os", "os", ConfigSource.Default)] // fixed with the topic, but nobody asked for it
    [InlineData("commit", "commit", ConfigSource.Topic)]
    public void A_flush_mode_that_is_what_it_would_be_anyhow_is_told_as_a_default(string asked, string value, ConfigSource source)
    {
        Cluster cluster = Created(("flush", asked));

        LayeredConfig config = ConfigLayers.OfTopic(cluster.Image.Configs, ConfigsImage.NoValues, "t").Single(one => one.Key.Name == "flush");

        Assert.Equal(new ConfigLayer(value, source), config.Layers[0]);
    }

    private static Cluster Created(params (string Key, string Value)[] configs)
    {
        var cluster = Cluster.WithBrokers(1);
        cluster.Create("t", configs: configs);
        return cluster;
    }

    private static OperationError? Replace(Cluster cluster, ConfigOwner owner, params (string Key, string Value)[] configs) =>
        Alter(cluster, new ConfigAlteration(owner, [.. configs.Select(config => new ConfigChange(config.Key, config.Value))], ReplacesAll: true));

    private static OperationError? Change(Cluster cluster, string key, string? value, ConfigOperation operation) =>
        Alter(cluster, new ConfigAlteration(Topic, [new ConfigChange(key, value, operation)]));

    private static OperationError? Alter(Cluster cluster, ConfigAlteration alteration)
    {
        ImmutableArray<ConfigOutcome> outcomes = cluster.Commit(ConfigControl.Alter(cluster.Image, cluster.Settings, [alteration], validateOnly: false));
        return outcomes.Single().Error;
    }
}
