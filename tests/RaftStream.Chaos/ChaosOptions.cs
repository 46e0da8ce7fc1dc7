using System.Globalization;

namespace RaftStream.Chaos;

/// <summary>How much of what happens, and where.</summary>
internal sealed record ChaosOptions
{
    /// <summary>How long faults and workload go on, before everything is healed and read.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Decides faults, their order and times.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Producers of the SDK, each sending to all partitions; one thin gRPC client per partition comes on top.</summary>
    public int Producers { get; init; } = 4;

    /// <summary>Consumers of the SDK, each reading all partitions; one thin gRPC client comes on top.</summary>
    public int Consumers { get; init; } = 2;

    public int Topics { get; init; } = 1;

    public int Partitions { get; init; } = 6;

    public int ReplicationFactor { get; init; } = 3;

    public int MinInsyncReplicas { get; init; } = 2;

    /// <summary>The topics' <c>flush</c>.</summary>
    public string Flush { get; init; } = "commit";

    /// <summary>Records a second of each producer of the SDK.</summary>
    public int Rate { get; init; } = 300;

    public int RecordBytes { get; init; } = 100;

    public int Controllers { get; init; } = 3;

    public int Brokers { get; init; } = 3;

    /// <summary>Sabotage: producers only wait for the leader, and the history says that they waited for all.</summary>
    public bool LeaderAcks { get; init; }

    /// <summary>Sabotage: producers of the SDK number nothing, and the history says that they are idempotent.</summary>
    public bool Unnumbered { get; init; }

    /// <summary>How long everything may take to be whole again after the last fault.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that a partition may take no writes when its leader is killed (L-13); null is no promise.</summary>
    public TimeSpan? LongestFailover { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The cluster stays when the run is over, so its topics are deleted.</summary>
    public bool DeleteTopics { get; init; }

    /// <summary>What the names of all topics of the run begin with.</summary>
    public string TopicPrefix { get; init; } = "chaos";

    public IEnumerable<string> TopicNames => Enumerable.Range(0, Topics).Select(number => string.Create(CultureInfo.InvariantCulture, $"{TopicPrefix}-{number}"));
}
