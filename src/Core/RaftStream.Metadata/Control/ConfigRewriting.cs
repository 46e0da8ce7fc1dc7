using System.Collections.Immutable;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>
/// Alterations that say what is to be different (a word more, all the rest away) as ones that say what is to be: sets and resets. Done where the
/// change is decided, so that nobody's change in between is lost.
/// </summary>
internal static class ConfigRewriting
{
    /// <summary>The same alteration in sets and resets, or what is wrong with it.</summary>
    public static (ConfigAlteration Alteration, OperationError? Error) ToPlain(
        MetadataImage image, ControllerSettings settings, ConfigAlteration alteration)
    {
        ImmutableArray<ConfigChange>.Builder plain = ImmutableArray.CreateBuilder<ConfigChange>(alteration.Changes.Length);
        foreach (ConfigChange change in alteration.Changes)
        {
            if (change.Operation == ConfigOperation.Set)
            {
                plain.Add(change);
                continue;
            }

            (string? value, string? problem) = NewList(image.Configs, settings, alteration.Owner, change);
            if (problem is not null)
            {
                return (alteration, new OperationError(ErrorCode.InvalidConfig, problem));
            }

            plain.Add(new ConfigChange(change.Key, value));
        }

        if (alteration.ReplacesAll)
        {
            HashSet<string> named = [.. alteration.Changes.Select(change => change.Key)];
            plain.AddRange(image.Configs.Of(alteration.Owner).Keys
                .Where(key => !named.Contains(key) && CanBeReset(alteration.Owner.Scope, key))
                .Select(key => new ConfigChange(key, null)));
        }

        return (alteration with { Changes = plain.DrainToImmutable(), ReplacesAll = false }, null);
    }

    private static (string? Value, string? Problem) NewList(
        ConfigsImage configs, ControllerSettings settings, ConfigOwner owner, ConfigChange change)
    {
        if (change.Operation is not (ConfigOperation.Append or ConfigOperation.Subtract))
        {
            return (null, $"There is no operation {(int)change.Operation} on a config.");
        }

        ConfigKey? key = KeyOf(change.Key);
        if (key is not { Type: ConfigType.Words })
        {
            return key is null
                ? (change.Value, null) // that there is no such key is told with all the others
                : (null, $"{key.Name} is not a list: nothing can be appended to it or taken out of it.");
        }

        if (change.Value is null)
        {
            return (null, $"No words are given to append to {key.Name} or to take out of it.");
        }

        string now = ConfigLayers.Of(key, configs, owner, settings.StaticTopicConfigs).First().Value;
        string[] words = Words(now);
        string[] given = Words(change.Value);
        return (string.Join(',', change.Operation == ConfigOperation.Append ? words.Union(given, StringComparer.Ordinal) : words.Except(given, StringComparer.Ordinal)), null);
    }

    /// <summary>The flush mode of a topic is fixed when it is created: not to name it says nothing about it.</summary>
    private static bool CanBeReset(ConfigScope scope, string key) =>
        KeyOf(key) is not null && !(scope == ConfigScope.Topic && key == TopicConfigKeys.Flush);

    private static ConfigKey? KeyOf(string key) =>
        TopicConfigKeys.All.TryGetValue(key, out ConfigKey? known) || BrokerConfigKeys.All.TryGetValue(key, out known) ? known : null;

    private static string[] Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
