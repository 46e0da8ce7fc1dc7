using System.Collections.Immutable;
using RaftStream.Metadata.Configs;

namespace RaftStream.Server.Settings;

/// <summary>Settings that give topics their configs when neither topic nor cluster has one: one per key of the topics' schema.</summary>
internal static class TopicDefaults
{
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
        return new Setting<string>(ServerNames.Of(key.Name), type, key.Default, $"Topics' {key.Name} when they have none. {key.Documentation}")
        {
            Section = "Topics",
        };
    }
}
