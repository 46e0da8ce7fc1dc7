using System.Collections.Immutable;
using RaftStream.Broker.Admin;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker;

/// <summary>How a broker is set up.</summary>
public sealed record BrokerOptions
{
    /// <summary>Folder of the data, in the file system that the node is given.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Number of this node.</summary>
    public NodeId NodeId { get; init; } = new(1);

    /// <summary>Cluster that the folder must belong to; null takes what the folder says, or makes one up when it is new.</summary>
    public Guid? ClusterId { get; init; }

    /// <summary>Where the node stands; empty is unknown.</summary>
    public string Rack { get; init; } = "";

    /// <summary>Whom consumers read from (<c>replica.selector</c>, R-11.5).</summary>
    public ReplicaSelector ReplicaSelector { get; init; } = ReplicaSelector.Leader;

    /// <summary>Partitions of a topic whose creator does not say (<c>num.partitions</c>).</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Replicas of a partition whose creator does not say (<c>default.replication.factor</c>).</summary>
    public int DefaultReplicationFactor { get; init; } = 1;

    /// <summary>Create topics that clients ask for (<c>auto.create.topics.enable</c>).</summary>
    public bool AutoCreateTopics { get; init; }

    /// <summary>Values of topic configs where neither topic nor cluster has one, by Kafka's topic keys.</summary>
    public ImmutableSortedDictionary<string, string> TopicDefaults { get; init; } = ConfigsImage.NoValues;

    /// <summary>Free bytes below which produce requests are refused, until a quarter more is free (<c>min.free.bytes</c>, R-12.6).</summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>Milliseconds between taking a partition out of use and removing its files (<c>file.delete.delay.ms</c>).</summary>
    public long FileDeleteDelayMs { get; init; } = 60_000;

    /// <summary>Milliseconds without a batch after which a partition forgets an idempotent producer (<c>producer.id.expiration.ms</c>, G-3.9).</summary>
    public int ProducerExpirationMs { get; init; } = 86_400_000;

    /// <summary>Milliseconds between two looks at that (<c>producer.id.expiration.check.interval.ms</c>).</summary>
    public int ProducerExpirationCheckMs { get; init; } = 600_000;

    /// <summary>Milliseconds between two runs of retention (<c>log.retention.check.interval.ms</c>).</summary>
    public int RetentionCheckMs { get; init; } = 300_000;

    /// <summary>Milliseconds between two checkpoints of high watermarks, recovery points and log starts .</summary>
    public int CheckpointMs { get; init; } = 5_000;

    /// <summary>Threads that flush logs. Default 4: their time is the disk's, and fdatasyncs of different files join.</summary>
    public int FlushThreads { get; init; } = 4;

    /// <summary>Streams to each leader that this broker follows (<c>num.replica.fetchers</c>).</summary>
    public int ReplicaFetchers { get; init; } = 1;

    /// <summary>Milliseconds after which a replica that does not catch up leaves the ISR (<c>replica.lag.time.max.ms</c>, R-8.2).</summary>
    public int ReplicaLagMaxMs { get; init; } = 30_000;

    /// <summary>Most bytes of one answer to a follower; the first batch comes whole (<c>replica.fetch.max.bytes</c>).</summary>
    public int ReplicaFetchMaxBytes { get; init; } = 1 << 20;

    /// <summary>Rules of replication that a test of whole processes switches off; no setting reaches it.</summary>
    internal ReplicationSabotage Sabotage { get; init; }

    /// <summary>Seed of random choices (topic ids, placement); null is taken from the system.</summary>
    public ulong? Seed { get; init; }

    /// <summary>What the process was started with, for administrators to read; the broker goes by the other options.</summary>
    public ImmutableArray<NodeSetting> Settings { get; init; } = [];

    /// <summary>What one request may ask.</summary>
    public BrokerLimits Limits { get; init; } = new();

    /// <summary>Everything that is wrong, a sentence each; empty when the options are good.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        Require(!string.IsNullOrWhiteSpace(DataDirectory), "The data directory is not set.");
        Require(NodeId.Value >= 0, "node.id must be at least 0.");
        Require(DefaultPartitions >= 1, "num.partitions must be at least 1.");
        Require(DefaultReplicationFactor >= 1, "default.replication.factor must be at least 1.");
        Require(MinFreeBytes >= 0, "min.free.bytes must be at least 0.");
        Require(RetentionCheckMs >= 1, "log.retention.check.interval.ms must be at least 1.");
        Require(ProducerExpirationMs >= 1, "producer.id.expiration.ms must be at least 1.");
        Require(ProducerExpirationCheckMs >= 1, "producer.id.expiration.check.interval.ms must be at least 1.");
        Require(FileDeleteDelayMs >= 0, "file.delete.delay.ms must be at least 0.");
        Require(CheckpointMs >= 1, "The checkpoint interval must be at least 1 ms.");
        Require(FlushThreads >= 1, "There must be at least one flush thread.");
        Require(ReplicaFetchers >= 1, "num.replica.fetchers must be at least 1.");
        Require(ReplicaLagMaxMs >= 1_000, "replica.lag.time.max.ms must be at least 1000.");
        Require(ReplicaFetchMaxBytes >= 1, "replica.fetch.max.bytes must be at least 1.");
        if (LargestBatch.Error(Limits, TopicDefaults!) is { } tooLarge)
        {
            problems.Add(tooLarge.Message);
        }

        foreach ((string key, string value) in TopicDefaults)
        {
            if (TopicConfigKeys.Problem(key, value) is { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems;

        void Require(bool condition, string problem)
        {
            if (!condition)
            {
                problems.Add(problem);
            }
        }
    }
}
