using System.Collections.Frozen;

namespace RaftStream.Metadata.Configs;

/// <summary>What Kafka calls a topic's key where a server gives it to topics that have none of their own: the "Server Default Property" of its documentation.</summary>
public static class ServerNames
{
    /// <summary>Those that are not "log." and the topic's key.</summary>
    private static readonly FrozenDictionary<string, string> Others = new Dictionary<string, string>
    {
        ["compression.type"] = "compression.type",
        [TopicConfigKeys.MinInsyncReplicas] = TopicConfigKeys.MinInsyncReplicas,
        [TopicConfigKeys.UncleanLeaderElection] = TopicConfigKeys.UncleanLeaderElection,
        [TopicConfigKeys.UncleanRecoveryStrategy] = TopicConfigKeys.UncleanRecoveryStrategy,
        [TopicConfigKeys.MaxMessageBytes] = "message.max.bytes",
        ["segment.ms"] = "log.roll.ms",
        ["segment.jitter.ms"] = "log.roll.jitter.ms",
        ["segment.index.bytes"] = "log.index.size.max.bytes",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> TopicKeys =
        TopicConfigKeys.All.Keys.ToFrozenDictionary(Of, key => key, StringComparer.Ordinal);

    /// <summary>The servers' name of a topic's key.</summary>
    public static string Of(string topicKey) => Others.GetValueOrDefault(topicKey, $"log.{topicKey}");

    /// <summary>The topics' key that servers call <paramref name="serverName"/>; null when there is none.</summary>
    public static string? TopicKey(string serverName) => TopicKeys.GetValueOrDefault(serverName);
}
