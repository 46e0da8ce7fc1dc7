using System.Collections.Immutable;
using System.Net;
using RaftStream.Raft;

namespace RaftStream.Server.Settings;

/// <summary>How a node takes part in the metadata quorum. Names, limits and meaning are those of <see cref="QuorumSchema"/>.</summary>
public sealed record QuorumSettings
{
    /// <summary><c>quorum.listen</c>; null takes no calls of other nodes.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary><c>quorum.advertised</c>; empty is made from <see cref="Listen"/>.</summary>
    public string Advertised { get; init; } = QuorumSchema.Advertised.Default;

    /// <summary><c>quorum.bootstrap.servers</c>.</summary>
    public ImmutableArray<RaftEndpoint> BootstrapServers { get; init; } = [];

    /// <summary><c>quorum.auto.join</c>.</summary>
    public bool AutoJoin { get; init; } = QuorumSchema.AutoJoin.Default;

    /// <summary><c>quorum.directory</c>; empty is in the data folder.</summary>
    public string Directory { get; init; } = QuorumSchema.Directory.Default;

    /// <summary><c>quorum.tls.certificate</c>; empty is cleartext.</summary>
    public string TlsCertificateFile { get; init; } = QuorumSchema.TlsCertificate.Default;

    /// <summary><c>quorum.tls.key</c>; empty is in the certificate's file.</summary>
    public string TlsKeyFile { get; init; } = QuorumSchema.TlsKey.Default;

    /// <summary><c>quorum.tls.ca</c>.</summary>
    public string TlsAuthorityFile { get; init; } = QuorumSchema.TlsAuthority.Default;

    /// <summary><c>quorum.election.timeout.ms</c>.</summary>
    public int ElectionTimeoutMs { get; init; } = QuorumSchema.ElectionTimeoutMs.Default;

    /// <summary><c>quorum.fetch.timeout.ms</c>.</summary>
    public int FetchTimeoutMs { get; init; } = QuorumSchema.FetchTimeoutMs.Default;

    /// <summary><c>quorum.request.timeout.ms</c>.</summary>
    public int RequestTimeoutMs { get; init; } = QuorumSchema.RequestTimeoutMs.Default;

    /// <summary><c>broker.heartbeat.interval.ms</c>.</summary>
    public int HeartbeatMs { get; init; } = QuorumSchema.HeartbeatMs.Default;

    /// <summary><c>broker.session.timeout.ms</c>.</summary>
    public int SessionTimeoutMs { get; init; } = QuorumSchema.SessionTimeoutMs.Default;

    /// <summary><c>leader.imbalance.check.interval.seconds</c>.</summary>
    public int BalanceSeconds { get; init; } = QuorumSchema.BalanceSeconds.Default;

    /// <summary><c>leader.imbalance.per.broker.percentage</c>.</summary>
    public int ImbalancePercent { get; init; } = QuorumSchema.ImbalancePercent.Default;

    /// <summary>True for a node of its own: a quorum of one that nobody joins, formatted at its first start.</summary>
    public bool IsAlone => Listen is null && BootstrapServers.IsEmpty;

    /// <summary>Times and limits in the quorum's own words.</summary>
    public RaftOptions RaftOptions => new()
    {
        ElectionTimeoutMs = ElectionTimeoutMs,
        FetchTimeoutMs = FetchTimeoutMs,
        RequestTimeoutMs = RequestTimeoutMs,
        AutoJoin = AutoJoin,
    };

    internal static QuorumSettings From(SettingValues values) => new()
    {
        Listen = QuorumSchema.ToEndPoint(values.Get(QuorumSchema.Listen)),
        Advertised = values.Get(QuorumSchema.Advertised),
        BootstrapServers = HostAndPort.Split(values.Get(QuorumSchema.BootstrapServers)).Select(ToEndpoint).ToImmutableArray(),
        AutoJoin = values.Get(QuorumSchema.AutoJoin),
        Directory = values.Get(QuorumSchema.Directory),
        TlsCertificateFile = values.Get(QuorumSchema.TlsCertificate),
        TlsKeyFile = values.Get(QuorumSchema.TlsKey),
        TlsAuthorityFile = values.Get(QuorumSchema.TlsAuthority),
        ElectionTimeoutMs = values.Get(QuorumSchema.ElectionTimeoutMs),
        FetchTimeoutMs = values.Get(QuorumSchema.FetchTimeoutMs),
        RequestTimeoutMs = values.Get(QuorumSchema.RequestTimeoutMs),
        HeartbeatMs = values.Get(QuorumSchema.HeartbeatMs),
        SessionTimeoutMs = values.Get(QuorumSchema.SessionTimeoutMs),
        BalanceSeconds = values.Get(QuorumSchema.BalanceSeconds),
        ImbalancePercent = values.Get(QuorumSchema.ImbalancePercent),
    };

    private static RaftEndpoint ToEndpoint(string text) =>
        HostAndPort.TryParse(text, leastPort: 1, out string host, out int port) ? new RaftEndpoint(host, port) : default;
}
