using System.Collections.Immutable;

namespace RaftStream.Metadata.Configs;

/// <summary>The schema of topic configs: Kafka's names and meaning. A key is here only when it is carried out.</summary>
public static class TopicConfigKeys
{
    /// <summary>When a replica counts a batch as its own .</summary>
    public const string Flush = "flush";

    /// <summary>How many in-sync replicas a write with acks=all needs .</summary>
    public const string MinInsyncReplicas = "min.insync.replicas";

    /// <summary>The largest batch that a topic takes, bytes.</summary>
    public const string MaxMessageBytes = "max.message.bytes";

    /// <summary>Whether a replica that may lack acknowledged records may lead when no other can .</summary>
    public const string UncleanLeaderElection = "unclean.leader.election.enable";

    /// <summary>What becomes of a partition none of whose replicas is known to hold every acknowledged record (R-9.3 step 3).</summary>
    public const string UncleanRecoveryStrategy = "unclean.recovery.strategy";

    /// <summary><see cref="UncleanRecoveryStrategy"/>: the last leader leads again.</summary>
    public const string RecoveryBalanced = "balanced";

    /// <summary><see cref="UncleanRecoveryStrategy"/>: an operator decides.</summary>
    public const string RecoveryNone = "none";

    /// <summary><see cref="Flush"/>: after an fdatasync.</summary>
    public const string FlushCommit = "commit";

    /// <summary><see cref="Flush"/>: when the kernel has it.</summary>
    public const string FlushOs = "os";

    /// <summary>LogAppendTime of <c>message.timestamp.type</c>.</summary>
    public const string LogAppendTime = "LogAppendTime";

    private const long DayMs = 24L * 3600 * 1000;

    /// <summary>All keys by name, in ordinal order.</summary>
    public static ImmutableSortedDictionary<string, ConfigKey> All { get; } = new[]
    {
        ConfigKey.OneOf("cleanup.policy", ["delete"], "What happens to old segments: delete removes them by retention.ms and retention.bytes.", ConfigType.Words, "compact"),
        ConfigKey.OneOf("compression.type", ["producer"], "The codec of stored batches: producer keeps them as they were sent.", ConfigType.Word, "uncompressed", "gzip", "snappy", "lz4", "zstd"),
        ConfigKey.OneOf(Flush, [FlushOs, FlushCommit], "When a replica counts a batch as its own: commit after a group-committed fdatasync, os as soon as the kernel has it. Fixed when the topic is created, except from commit to os."),
        ConfigKey.LongNumber("flush.bytes", 64L << 20, "Bytes not yet on disk after which a log with flush=os is flushed in the background; bounds what a start after a crash must write anew.", min: 1 << 20),
        ConfigKey.Number("index.interval.bytes", 4096, "Log bytes between two entries of the offset and time indexes.", min: 0),
        ConfigKey.Number(MaxMessageBytes, 1_048_588, "Largest record batch that is taken, bytes, after compression.", min: 0, max: 1 << 30),
        ConfigKey.LongNumber("message.timestamp.after.max.ms", 3_600_000, "How far in the future a record's timestamp may lie, milliseconds.", min: 0),
        ConfigKey.LongNumber("message.timestamp.before.max.ms", long.MaxValue, "How far in the past a record's timestamp may lie, milliseconds.", min: 0),
        ConfigKey.OneOf("message.timestamp.type", ["CreateTime", LogAppendTime], "Whose clock stamps records: the producer's or the broker's."),
        ConfigKey.Number(MinInsyncReplicas, 1, "In-sync replicas that a write with acks=all needs; counts for at most the number of replicas.", min: 1),
        ConfigKey.Switch("preallocate", false, "Reserve disk space for the whole segment when it is created."),
        ConfigKey.LongNumber("retention.bytes", -1, "Bytes of one partition above which the oldest segments are removed; -1 is no limit.", min: -1),
        ConfigKey.LongNumber("retention.ms", 7 * DayMs, "Milliseconds after which closed segments are removed; -1 is never.", min: -1),
        ConfigKey.Number("segment.bytes", 1 << 30, "Bytes after which a segment file is closed and the next one begun.", min: 1024),
        ConfigKey.Number("segment.index.bytes", 10 << 20, "Bytes of offset index after which a segment is closed.", min: 12),
        ConfigKey.LongNumber("segment.jitter.ms", 0, "Milliseconds by which segment.ms is shortened at random, so that partitions do not all close at once.", min: 0),
        ConfigKey.LongNumber("segment.ms", 7 * DayMs, "Milliseconds after which a segment is closed even when it is not full.", min: 1),
        ConfigKey.Switch(UncleanLeaderElection, false, "When no replica that holds every acknowledged record is up, let another one lead: the partition is available again, and records are lost."),
        ConfigKey.OneOf(UncleanRecoveryStrategy, [RecoveryBalanced, RecoveryNone], "When no replica is known to hold every acknowledged record, for instance because all stopped uncleanly with flush=os: balanced lets the last leader lead again once it is up, with what it still has; none leaves the partition without a leader until somebody runs 'partition elect <topic> --unclean'. The only replica of a partition leads in any case."),
    }.ToImmutableSortedDictionary(key => key.Name, key => key, StringComparer.Ordinal);

    /// <summary>What is wrong with a key and its value, as a sentence; null when both are right.</summary>
    public static string? Problem(string key, string value)
    {
        if (!All.TryGetValue(key, out ConfigKey? known))
        {
            return $"Unknown topic config name: {key}.{Suggestion(key)}";
        }

        return known.Problem(value) is { } problem ? $"Invalid value {value} for configuration {key}: it {problem}." : null;
    }

    private static string Suggestion(string key)
    {
        string? near = Spelling.Nearest(key, All.Keys);
        return near is null ? "" : $" Did you mean {near}?";
    }
}
