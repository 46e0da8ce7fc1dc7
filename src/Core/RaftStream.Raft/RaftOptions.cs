namespace RaftStream.Raft;

/// <summary>Times and limits of a node (section 6 of the consensus rules), in milliseconds and bytes.</summary>
public sealed record RaftOptions
{
    /// <summary>T: an election timer runs uniformly in [T, 2T) (C-5.4).</summary>
    public int ElectionTimeoutMs { get; init; } = 1000;

    /// <summary>A follower that hears nothing from the leader for so long starts a pre-vote.</summary>
    public int FetchTimeoutMs { get; init; } = 2000;

    /// <summary>An outstanding request is given up after so long.</summary>
    public int RequestTimeoutMs { get; init; } = 2000;

    /// <summary>First pause after a failed request; doubles up to <see cref="RetryBackoffMaxMs"/>.</summary>
    public int RetryBackoffMs { get; init; } = 20;

    /// <summary>Longest pause after failed requests.</summary>
    public int RetryBackoffMaxMs { get; init; } = 500;

    /// <summary>Longest pause before an election after EndQuorumEpoch (7.3).</summary>
    public int ElectionBackoffMaxMs { get; init; } = 1000;

    /// <summary>A leader parks a fetch for at most so long; below the idle interval of the metadata log (P31).</summary>
    public int FetchMaxWaitMs { get; init; } = 500;

    /// <summary>Most bytes of one fetch answer; one batch always fits.</summary>
    public int MaxFetchBytes { get; init; } = 1 << 20;

    /// <summary>Most bytes of one snapshot chunk.</summary>
    public int SnapshotChunkBytes { get; init; } = 1 << 20;

    /// <summary>
    /// S: a follower whose connection to the leader broke waits less than this before a pre-vote (C-6.1); a prospective gives way for
    /// [S, 2S) (C-5.6).
    /// </summary>
    public int SuspectedTimeoutMs { get; init; } = 200;

    /// <summary>A leader forgets an observer that has not fetched for so long.</summary>
    public int ObserverSessionMs { get; init; } = 300_000;

    /// <summary>A leader that stops waits so long for somebody to take over (C-8.7).</summary>
    public int ShutdownTimeoutMs { get; init; } = 5000;

    /// <summary>Lets an observer that may vote add itself to the voters (C-11.6).</summary>
    public bool AutoJoin { get; init; }

    /// <summary>Window in which a majority must fetch, else the leader resigns (C-8.6).</summary>
    public int CheckQuorumMs => FetchTimeoutMs * 3 / 2;

    /// <summary>A voter that has not fetched for so long is told of the epoch again (7.2).</summary>
    public int BeginQuorumResendMs => FetchTimeoutMs / 2;

    /// <summary>Pause between attempts to change the own voter entry.</summary>
    public int UpdateVoterPeriodMs => FetchTimeoutMs * 2;
}

/// <summary>What a node starts with: who it is, and what its disk holds (C-13).</summary>
public sealed record RaftStart
{
    /// <summary>The cluster (C-2.1).</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>This replica.</summary>
    public required ReplicaKey Local { get; init; }

    /// <summary>Where this node answers the quorum; null for one that can never vote (a pure broker).</summary>
    public RaftEndpoint? Endpoint { get; init; }

    /// <summary>Where to ask for the leader when none is known (C-12.2).</summary>
    public required System.Collections.Immutable.ImmutableArray<RaftEndpoint> BootstrapServers { get; init; }

    /// <summary>The durable quorum state.</summary>
    public required QuorumState State { get; init; }

    /// <summary>The log on disk, all of it durable.</summary>
    public required RecoveredLog Log { get; init; }

    /// <summary>Times and limits.</summary>
    public RaftOptions Options { get; init; } = new();

    /// <summary>Rules switched off by a test.</summary>
    internal RaftSabotage Sabotage { get; init; }

    /// <summary>True for a node with the controller role: it flushes before it reports durable ends, and may become a voter.</summary>
    public bool CanBecomeVoter => Endpoint is not null;
}
