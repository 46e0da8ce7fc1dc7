using System.Collections.Immutable;
using RaftStream.Metadata.Images;

namespace RaftStream.Metadata.Configs;

/// <summary>A value that somebody gave a key.</summary>
/// <param name="Value">The value.</param>
/// <param name="Source">Who gave it.</param>
public readonly record struct ConfigLayer(string Value, ConfigSource Source);

/// <summary>One key with all values that it was given; the first of them counts.</summary>
/// <param name="Key">The key's schema.</param>
/// <param name="Layers">The strongest first; the last is the schema's default.</param>
public sealed record LayeredConfig(ConfigKey Key, ImmutableArray<ConfigLayer> Layers);

/// <summary>What counts for a key: what its owner says, over the cluster, over the node's own configuration, over the default.</summary>
public static class ConfigLayers
{
    /// <summary>All values of a key, the strongest first.</summary>
    /// <param name="statics">What the node's own configuration gives.</param>
    public static IEnumerable<ConfigLayer> Of(
        ConfigKey key, ConfigsImage configs, ConfigOwner owner, ImmutableSortedDictionary<string, string> statics)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(configs);
        ArgumentNullException.ThrowIfNull(statics);
        if (owner.Scope != ConfigScope.Cluster && configs.Of(owner).TryGetValue(key.Name, out string? own))
        {
            yield return new ConfigLayer(own, owner.Scope == ConfigScope.Topic ? ConfigSource.Topic : ConfigSource.Broker);
        }

        if (configs.Of(ConfigOwner.Cluster).TryGetValue(key.Name, out string? common))
        {
            yield return new ConfigLayer(common, ConfigSource.Cluster);
        }

        if (statics.TryGetValue(key.Name, out string? given))
        {
            yield return new ConfigLayer(given, ConfigSource.Static);
        }

        yield return new ConfigLayer(key.Default, ConfigSource.Default);
    }

    /// <summary>The value that counts.</summary>
    public static EffectiveConfig Strongest(
        ConfigKey key, ConfigsImage configs, ConfigOwner owner, ImmutableSortedDictionary<string, string> statics)
    {
        ConfigLayer first = Of(key, configs, owner, statics).First();
        return new EffectiveConfig(key, first.Value, first.Source);
    }

    /// <summary>Every topic key as it counts for a topic.</summary>
    /// <remarks>
    /// The flush mode is fixed with the topic, and so it is always the topic's own value. Where that is what the topic would have anyhow,
    /// nobody asked for it, and it is told as the default that it was.
    /// </remarks>
    public static IEnumerable<LayeredConfig> OfTopic(ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, string topic) =>
        TopicConfigKeys.All.Values.Select(key =>
        {
            ImmutableArray<ConfigLayer> layers = [.. Of(key, configs, ConfigOwner.Topic(topic), statics)];
            bool isStamp = key.Name == TopicConfigKeys.Flush && layers is [{ Source: ConfigSource.Topic }, ..] && layers[0].Value == layers[1].Value;
            return new LayeredConfig(key, isStamp ? layers.RemoveAt(0) : layers);
        });

    /// <summary>The keys of <paramref name="schema"/> as they count for a broker, or for all of them together.</summary>
    public static IEnumerable<LayeredConfig> OfKeys(
        IEnumerable<ConfigKey> schema, ConfigsImage configs, ConfigOwner owner, ImmutableSortedDictionary<string, string> statics) =>
        schema.Select(key => new LayeredConfig(key, [.. Of(key, configs, owner, statics)]));
}
