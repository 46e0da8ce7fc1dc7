using System.Collections.Frozen;
using RaftStream.Metadata;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>
/// Kafka's names of configs. What brokers give to topics goes by the topics' key at a topic, and by the servers' at brokers: <c>retention.ms</c> and
/// <c>log.retention.ms</c>. The broker knows the first only.
/// </summary>
internal static class ConfigNames
{
    /// <summary>Names in other units: a file may have them when a broker starts, and they cannot be altered, as in Kafka.</summary>
    private static readonly FrozenDictionary<string, string> OtherUnits = new Dictionary<string, string>
    {
        ["log.retention.hours"] = "log.retention.ms",
        ["log.retention.minutes"] = "log.retention.ms",
        ["log.roll.hours"] = "log.roll.ms",
        ["log.roll.jitter.hours"] = "log.roll.jitter.ms",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The name by which a key is told.</summary>
    public static string Of(ConfigScope scope, ConfigKey key) =>
        scope == ConfigScope.Topic || BrokerConfigKeys.All.ContainsKey(key.Name) ? key.Name : ServerNames.Of(key.Name);

    /// <summary>The broker's name of what a request names for a resource, and what is wrong with naming it there.</summary>
    public static (string Key, OperationError? Error) Read(sbyte resourceType, string resourceName, string named)
    {
        if (resourceType != ConfigNumbers.BrokerResource)
        {
            return (named, null);
        }

        if (OtherUnits.TryGetValue(named, out string? altered))
        {
            return (named, Invalid($"{named} cannot be altered: alter {altered}."));
        }

        string? topicKey = ServerNames.TopicKey(named) ?? UnsupportedKeys.TopicKey(named);
        return (topicKey ?? named, topicKey is null || resourceName.Length == 0
            ? null
            : Invalid($"{named} is given to topics by all brokers together: alter it for the broker without a name, not for broker {resourceName}."));
    }

    private static OperationError Invalid(string message) => new(ErrorCode.InvalidConfig, message);
}
