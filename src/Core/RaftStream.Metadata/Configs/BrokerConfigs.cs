using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Configs;

/// <summary>The changeable configs of one broker as typed values: broker over cluster over node over default.</summary>
public sealed record BrokerConfigs
{
    /// <summary><c>auto.create.topics.enable</c>.</summary>
    public required bool AutoCreateTopics { get; init; }

    /// <summary><c>fetch.max.bytes</c>.</summary>
    public required int MaxFetchBytes { get; init; }

    /// <summary>Every key with the value that counts for a broker.</summary>
    /// <param name="statics">What the node's own configuration gives.</param>
    public static IEnumerable<EffectiveConfig> Effective(ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, NodeId broker) =>
        BrokerConfigKeys.All.Values.Select(key => ConfigLayers.Strongest(key, configs, ConfigOwner.Broker(broker), statics));

    /// <summary>The values that count for a broker.</summary>
    public static BrokerConfigs Of(ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, NodeId broker)
    {
        return new BrokerConfigs
        {
            AutoCreateTopics = Text(BrokerConfigKeys.AutoCreateTopics) == "true",
            MaxFetchBytes = int.Parse(Text(BrokerConfigKeys.MaxFetchBytes), CultureInfo.InvariantCulture),
        };

        string Text(string key) => ConfigLayers.Strongest(BrokerConfigKeys.All[key], configs, ConfigOwner.Broker(broker), statics).Value;
    }
}
