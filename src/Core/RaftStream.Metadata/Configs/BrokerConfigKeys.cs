using System.Collections.Immutable;

namespace RaftStream.Metadata.Configs;

/// <summary>The schema of broker configs that can be changed while brokers run, for one broker or for all (KIP-226). A key is here only when it is carried out.</summary>
public static class BrokerConfigKeys
{
    /// <summary>Create topics that clients ask for.</summary>
    public const string AutoCreateTopics = "auto.create.topics.enable";

    /// <summary>Most bytes of one answer to a fetch.</summary>
    public const string MaxFetchBytes = "fetch.max.bytes";

    /// <summary>All keys by name, in ordinal order.</summary>
    public static ImmutableSortedDictionary<string, ConfigKey> All { get; } = new[]
    {
        ConfigKey.Switch(AutoCreateTopics, false, "Create a topic with the cluster's defaults when a client asks for one that is not there."),
        ConfigKey.Number(MaxFetchBytes, 8 << 20, "Most bytes of one answer to a fetch, over all its partitions; one batch always fits. It is held in memory until the client takes it.", min: 1024, max: 1 << 30),
    }.ToImmutableSortedDictionary(key => key.Name, key => key, StringComparer.Ordinal);

    /// <summary>What is wrong with a key and its value, as a sentence; null when both are right.</summary>
    public static string? Problem(string key, string value)
    {
        if (!All.TryGetValue(key, out ConfigKey? known))
        {
            string near = Spelling.Nearest(key, All.Keys) is { } name ? $" Did you mean {name}?" : "";
            return $"Unknown broker config name, or one that cannot be changed while brokers run: {key}.{near}";
        }

        return known.Problem(value) is { } problem ? $"Invalid value {value} for configuration {key}: it {problem}." : null;
    }
}
