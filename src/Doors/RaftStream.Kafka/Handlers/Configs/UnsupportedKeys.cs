using System.Collections.Frozen;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Configs;

/// <summary>
/// Keys of Kafka's that nothing here goes by. With Kafka's default they ask for nothing, and are taken and forgotten: copies of a topic and tools that
/// reset throttles name them. With any other value they are refused, so that nobody relies on what does not happen.
/// </summary>
internal static class UnsupportedKeys
{
    private const string Never = "9223372036854775807";

    private static readonly (string TopicKey, string? ServerName, string Default)[] OfTopics =
    [
        ("compression.gzip.level", "compression.gzip.level", "-1"),
        ("compression.lz4.level", "compression.lz4.level", "9"),
        ("compression.zstd.level", "compression.zstd.level", "3"),
        ("delete.retention.ms", "log.cleaner.delete.retention.ms", "86400000"),
        ("file.delete.delay.ms", "log.segment.delete.delay.ms", "60000"),
        ("flush.messages", "log.flush.interval.messages", Never),
        ("flush.ms", "log.flush.interval.ms", Never),
        ("follower.replication.throttled.replicas", null, ""),
        ("leader.replication.throttled.replicas", null, ""),
        ("local.retention.bytes", "log.local.retention.bytes", "-2"),
        ("local.retention.ms", "log.local.retention.ms", "-2"),
        ("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", Never),
        ("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", "0.5"),
        ("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", "0"),
        ("remote.log.copy.disable", null, "false"),
        ("remote.log.delete.on.disable", null, "false"),
        ("remote.storage.enable", null, "false"),
    ];

    private static readonly FrozenDictionary<string, string> TopicDefaults =
        OfTopics.ToFrozenDictionary(key => key.TopicKey, key => key.Default, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> TopicKeys =
        OfTopics.Where(key => key.ServerName is not null).ToFrozenDictionary(key => key.ServerName!, key => key.TopicKey, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> BrokerDefaults = new Dictionary<string, string>
    {
        ["follower.replication.throttled.rate"] = Never,
        ["leader.replication.throttled.rate"] = Never,
        ["replica.alter.log.dirs.io.max.bytes.per.second"] = Never,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The topics' key that servers call <paramref name="serverName"/>; null when there is none.</summary>
    public static string? TopicKey(string serverName) => TopicKeys.GetValueOrDefault(serverName);

    /// <summary>The only value that is taken, Kafka's default; null when the key is not one of these.</summary>
    public static string? DefaultOf(sbyte resourceType, string key) =>
        TopicDefaults.GetValueOrDefault(key) ?? (resourceType == ConfigNumbers.BrokerResource ? BrokerDefaults.GetValueOrDefault(key) : null);

    /// <summary>What somebody hears who wants another value.</summary>
    public static OperationError Refusal(string key, string only) =>
        new(ErrorCode.InvalidConfig, $"{key} is not supported here: nothing goes by it, and only Kafka's default of it is taken, '{only}'.");
}
