using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;

namespace RaftStream.Metadata.Configs;

/// <summary>Where a value comes from, the strongest first.</summary>
public enum ConfigSource
{
    /// <summary>Set for the topic.</summary>
    Topic,

    /// <summary>Set for the broker.</summary>
    Broker,

    /// <summary>Set for the cluster.</summary>
    Cluster,

    /// <summary>Given by the node's own configuration.</summary>
    Static,

    /// <summary>The schema's default.</summary>
    Default,
}

/// <summary>One key with the value that counts.</summary>
/// <param name="Key">The key's schema.</param>
/// <param name="Value">The value in force.</param>
/// <param name="Source">Who set it.</param>
public readonly record struct EffectiveConfig(ConfigKey Key, string Value, ConfigSource Source);

/// <summary>The configs of one topic as typed values: topic over cluster over node over default.</summary>
public sealed record TopicSettings
{
    /// <summary>When a batch counts (<c>flush</c>).</summary>
    public required Flush Flush { get; init; }

    /// <summary>Unflushed bytes of a log with flush=os (<c>flush.bytes</c>).</summary>
    public required long FlushBytes { get; init; }

    /// <summary>Log bytes per index entry (<c>index.interval.bytes</c>).</summary>
    public required int IndexIntervalBytes { get; init; }

    /// <summary>Largest batch, bytes (<c>max.message.bytes</c>).</summary>
    public required int MaxMessageBytes { get; init; }

    /// <summary>How far ahead timestamps may be, milliseconds (<c>message.timestamp.after.max.ms</c>).</summary>
    public required long TimestampAfterMaxMs { get; init; }

    /// <summary>How far back timestamps may be, milliseconds (<c>message.timestamp.before.max.ms</c>).</summary>
    public required long TimestampBeforeMaxMs { get; init; }

    /// <summary>True when the broker stamps batches (<c>message.timestamp.type</c>).</summary>
    public required bool StampsLogAppendTime { get; init; }

    /// <summary>Replicas that acks=all needs (<c>min.insync.replicas</c>).</summary>
    public required int MinInsyncReplicas { get; init; }

    /// <summary>Reserve segments up front (<c>preallocate</c>).</summary>
    public required bool Preallocate { get; init; }

    /// <summary>Size limit of a partition, -1 is none (<c>retention.bytes</c>).</summary>
    public required long RetentionBytes { get; init; }

    /// <summary>Age limit of a partition, -1 is none (<c>retention.ms</c>).</summary>
    public required long RetentionMs { get; init; }

    /// <summary>Size of a segment (<c>segment.bytes</c>).</summary>
    public required int SegmentBytes { get; init; }

    /// <summary>Size of an offset index (<c>segment.index.bytes</c>).</summary>
    public required int SegmentIndexBytes { get; init; }

    /// <summary>Random part of <see cref="SegmentMs"/> (<c>segment.jitter.ms</c>).</summary>
    public required long SegmentJitterMs { get; init; }

    /// <summary>Time span of a segment (<c>segment.ms</c>).</summary>
    public required long SegmentMs { get; init; }

    /// <summary>A replica that may lack records may lead when no other can (<c>unclean.leader.election.enable</c>).</summary>
    public required bool UncleanLeaderElection { get; init; }

    /// <summary>The last leader leads again when nobody is known to hold every acknowledged record (<c>unclean.recovery.strategy</c>).</summary>
    public required bool RecoversByLastLeader { get; init; }

    /// <summary>The value in force of every key, in ordinal order of keys.</summary>
    public static IEnumerable<EffectiveConfig> Effective(
        ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, string? topic)
    {
        ArgumentNullException.ThrowIfNull(configs);
        return TopicConfigKeys.All.Values.Select(key => Effective(key, configs, statics, topic));
    }

    /// <summary>The value in force of one key; <paramref name="topic"/> null is "for a topic that sets nothing".</summary>
    public static EffectiveConfig Effective(
        ConfigKey key, ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, string? topic) =>
        ConfigLayers.Strongest(key, configs, topic is null ? ConfigOwner.Cluster : ConfigOwner.Topic(topic), statics);

    /// <summary>The typed values of a topic.</summary>
    public static TopicSettings Of(ConfigsImage configs, ImmutableSortedDictionary<string, string> statics, string? topic)
    {
        return new TopicSettings
        {
            Flush = ParseFlush(Text(TopicConfigKeys.Flush)),
            FlushBytes = Long("flush.bytes"),
            IndexIntervalBytes = Int("index.interval.bytes"),
            MaxMessageBytes = Int("max.message.bytes"),
            TimestampAfterMaxMs = Long("message.timestamp.after.max.ms"),
            TimestampBeforeMaxMs = Long("message.timestamp.before.max.ms"),
            StampsLogAppendTime = Text("message.timestamp.type") == TopicConfigKeys.LogAppendTime,
            MinInsyncReplicas = Int(TopicConfigKeys.MinInsyncReplicas),
            Preallocate = Text("preallocate") == "true",
            RetentionBytes = Long("retention.bytes"),
            RetentionMs = Long("retention.ms"),
            SegmentBytes = Int("segment.bytes"),
            SegmentIndexBytes = Int("segment.index.bytes"),
            SegmentJitterMs = Long("segment.jitter.ms"),
            SegmentMs = Long("segment.ms"),
            UncleanLeaderElection = Text(TopicConfigKeys.UncleanLeaderElection) == "true",
            RecoversByLastLeader = Text(TopicConfigKeys.UncleanRecoveryStrategy) == TopicConfigKeys.RecoveryBalanced,
        };

        string Text(string key) => Effective(TopicConfigKeys.All[key], configs, statics, topic).Value;
        long Long(string key) => long.Parse(Text(key), CultureInfo.InvariantCulture);
        int Int(string key) => int.Parse(Text(key), CultureInfo.InvariantCulture);
    }

    /// <summary>The record's form of a value of <c>flush</c>.</summary>
    public static Flush ParseFlush(string value) => value == TopicConfigKeys.FlushCommit ? Flush.Commit : Flush.Os;
}
