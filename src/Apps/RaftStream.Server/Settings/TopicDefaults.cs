using System.Collections.Immutable;
using RaftStream.Metadata.Configs;

namespace RaftStream.Server.Settings;

/// <summary>Settings that give topics their configs when neither topic nor cluster has one: one per key of the topics' schema.</summary>
internal static class TopicDefaults
{
    // Kafka's names for what a server gives its topics, where they are not "log." and the topic's name.
    private static readonly Dictionary<string, string> KafkaNames = new()
    {
        ["compression.type"] = "compression.type",
        ["min.insync.replicas"] = "min.insync.replicas",
        ["unclean.leader.election.enable"] = "unclean.leader.election.enable",
        ["unclean.recovery.strategy"] = "unclean.recovery.strategy",
        ["max.message.bytes"] = "message.max.bytes",
        ["segment.ms"] = "log.roll.ms",
        ["segment.jitter.ms"] = "log.roll.jitter.ms",
        ["segment.index.bytes"] = "log.index.size.max.bytes",
        ["file.delete.delay.ms"] = "log.segment.delete.delay.ms",
    };

    private static readonly (string TopicKey, Setting<string> Setting)[] Pairs =
        [.. TopicConfigKeys.All.Values.Select(key => (key.Name, SettingOf(key)))];

    /// <summary>The settings, in the order of the topics' keys.</summary>
    public static IEnumerable<Setting> All => Pairs.Select(pair => pair.Setting);

    /// <summary>The values that some source gave, by topic key.</summary>
    public static ImmutableSortedDictionary<string, string> Given(SettingValues values) => Pairs
        .Where(pair => values.IsGiven(pair.Setting))
        .ToImmutableSortedDictionary(pair => pair.TopicKey, pair => values.Get(pair.Setting), StringComparer.Ordinal);

    private static Setting<string> SettingOf(ConfigKey key)
    {
        SettingType<string> type = SettingTypes.Checked(key.TypeName, text => key.Problem(text));
        string name = KafkaNames.GetValueOrDefault(key.Name, $"log.{key.Name}");
        return new Setting<string>(name, type, key.Default, $"Topics' {key.Name} when they have none. {key.Documentation}")
        {
            Section = "Topics",
        };
    }
}
