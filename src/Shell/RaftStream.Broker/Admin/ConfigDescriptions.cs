using System.Collections.Immutable;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Admin;

/// <summary>Configs as administrators look at them: each key with all values that it was given, and who gave them. Thread-safe.</summary>
public sealed class ConfigDescriptions
{
    private readonly Func<MetadataImage> _image;
    private readonly ImmutableSortedDictionary<string, string> _topicStatics;
    private readonly ImmutableSortedDictionary<string, string> _brokerStatics;
    private readonly ImmutableSortedDictionary<string, string> _allStatics;
    private readonly NodeId _nodeId;

    internal ConfigDescriptions(
        Func<MetadataImage> image,
        ImmutableSortedDictionary<string, string> topicStatics,
        ImmutableSortedDictionary<string, string> brokerStatics,
        BrokerOptions options)
    {
        _image = image;
        _topicStatics = topicStatics;
        _brokerStatics = brokerStatics;
        _allStatics = topicStatics.SetItems(brokerStatics);
        _nodeId = options.NodeId;
        Settings = NodeSettings.Of(options);
    }

    /// <summary>What this node was started with and cannot be changed while it runs, in ordinal order of names.</summary>
    public ImmutableArray<NodeSetting> Settings { get; }

    /// <summary>Every topic key of a topic; null when there is no such topic.</summary>
    public IReadOnlyList<LayeredConfig>? OfTopic(string topic)
    {
        MetadataImage image = _image();
        return image.Topics.Find(topic) is null ? null : [.. ConfigLayers.OfTopic(image.Configs, _topicStatics, topic)];
    }

    /// <summary>Every topic key as it would be for a topic that is not there yet.</summary>
    public IReadOnlyList<LayeredConfig> OfNewTopic(NewTopic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        var given = new ConfigsImage(_image().Configs.ByOwner.SetItem(ConfigOwner.Topic(topic.Name), topic.Configs));
        return [.. ConfigLayers.OfTopic(given, _topicStatics, topic.Name)];
    }

    /// <summary>Every key that the cluster can have a value for: brokers' and topics'.</summary>
    public IReadOnlyList<LayeredConfig> OfCluster() =>
    [
        .. ConfigLayers.OfKeys(
            BrokerConfigKeys.All.Values.Concat(TopicConfigKeys.All.Values), _image().Configs, ConfigOwner.Cluster, _allStatics),
    ];

    /// <summary>Every key of this broker that can be changed while it runs.</summary>
    public IReadOnlyList<LayeredConfig> OfThisBroker() =>
        [.. ConfigLayers.OfKeys(BrokerConfigKeys.All.Values, _image().Configs, ConfigOwner.Broker(_nodeId), _brokerStatics)];

    /// <summary>Every topic key as it counts for topics that have no value of their own; changed for all brokers together.</summary>
    public IReadOnlyList<LayeredConfig> OfTopicDefaults() =>
        [.. ConfigLayers.OfKeys(TopicConfigKeys.All.Values, _image().Configs, ConfigOwner.Cluster, _topicStatics)];
}
