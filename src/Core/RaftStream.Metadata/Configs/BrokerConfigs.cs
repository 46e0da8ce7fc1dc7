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
        BrokerConfigKeys.All.Values.Select(key => Effective(key, configs, statics, broker));

    /// <summary>The values that count for a broker.</summary>
    public static BrokerConfigs Of(ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, NodeId broker)
    {
        return new BrokerConfigs
        {
            AutoCreateTopics = Text(BrokerConfigKeys.AutoCreateTopics) == "true",
            MaxFetchBytes = int.Parse(Text(BrokerConfigKeys.MaxFetchBytes), CultureInfo.InvariantCulture),
        };

        string Text(string key) => Effective(BrokerConfigKeys.All[key], configs, statics, broker).Value;
    }

    private static EffectiveConfig Effective(
        ConfigKey key, ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, NodeId broker)
    {
        ArgumentNullException.ThrowIfNull(configs);
        ArgumentNullException.ThrowIfNull(statics);
        if (configs.Of(ConfigOwner.Broker(broker)).TryGetValue(key.Name, out string? value))
        {
            return new EffectiveConfig(key, value, ConfigSource.Broker);
        }

        if (configs.Of(ConfigOwner.Cluster).TryGetValue(key.Name, out value))
        {
            return new EffectiveConfig(key, value, ConfigSource.Cluster);
        }

        return statics.TryGetValue(key.Name, out value)
            ? new EffectiveConfig(key, value, ConfigSource.Static)
            : new EffectiveConfig(key, key.Default, ConfigSource.Default);
    }
}
