using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using RaftStream.Server.Settings;

namespace RaftStream.Server;

/// <summary>How a server process is set up. Names, limits and meaning are those of <see cref="SettingsSchema"/>.</summary>
public sealed record ServerSettings
{
    /// <summary><c>node.id</c>.</summary>
    public int NodeId { get; init; } = SettingsSchema.NodeId.Default;

    /// <summary><c>cluster.id</c>; null is any.</summary>
    public Guid? ClusterId { get; init; }

    /// <summary><c>process.roles</c>.</summary>
    public ProcessRoles Roles { get; init; } = SettingsSchema.ProcessRoles.Default;

    /// <summary><c>data.dir</c>.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>broker.rack</c>; empty is unknown.</summary>
    public string Rack { get; init; } = SettingsSchema.Rack.Default;

    /// <summary><c>replica.selector</c>.</summary>
    public Broker.ReplicaSelector ReplicaSelector { get; init; } = SettingsSchema.ReplicaSelector.Default;

    /// <summary><c>grpc.host</c> and <c>grpc.port</c>.</summary>
    public IPEndPoint GrpcEndPoint { get; init; } = new(SettingsSchema.GrpcHost.Default, SettingsSchema.GrpcPort.Default);

    /// <summary><c>grpc.advertised.endpoint</c>; empty is made from <see cref="GrpcEndPoint"/>.</summary>
    public string AdvertisedEndpoint { get; init; } = SettingsSchema.GrpcAdvertisedEndpoint.Default;

    /// <summary><c>grpc.internal.endpoint</c>; empty is <see cref="AdvertisedEndpoint"/>.</summary>
    public string InternalEndpoint { get; init; } = SettingsSchema.GrpcInternalEndpoint.Default;

    /// <summary><c>grpc.tls.certificate</c>; empty is cleartext.</summary>
    public string TlsCertificateFile { get; init; } = SettingsSchema.GrpcTlsCertificate.Default;

    /// <summary><c>grpc.tls.key</c>; empty is in the certificate's file.</summary>
    public string TlsKeyFile { get; init; } = SettingsSchema.GrpcTlsKey.Default;

    /// <summary><c>grpc.tls.ca</c>; empty is the system's.</summary>
    public string TlsAuthorityFile { get; init; } = SettingsSchema.GrpcTlsAuthority.Default;

    /// <summary><c>grpc.forwarding.enable</c>.</summary>
    public bool ForwardsToLeaders { get; init; } = SettingsSchema.GrpcForwarding.Default;

    /// <summary><c>http.host</c> and <c>http.port</c>; null is no HTTP port.</summary>
    public IPEndPoint? HttpEndPoint { get; init; } = new(SettingsSchema.HttpHost.Default, SettingsSchema.HttpPort.Default);

    /// <summary><c>max.connections</c>.</summary>
    public int MaxConnections { get; init; } = SettingsSchema.MaxConnections.Default;

    /// <summary><c>max.streams.per.connection</c>.</summary>
    public int MaxStreamsPerConnection { get; init; } = SettingsSchema.MaxStreamsPerConnection.Default;

    /// <summary><c>socket.request.max.bytes</c>.</summary>
    public int MaxRequestBytes { get; init; } = SettingsSchema.MaxRequestBytes.Default;

    /// <summary><c>fetch.max.bytes</c>.</summary>
    public int MaxFetchBytes { get; init; } = SettingsSchema.MaxFetchBytes.Default;

    /// <summary><c>num.partitions</c>.</summary>
    public int DefaultPartitions { get; init; } = SettingsSchema.DefaultPartitions.Default;

    /// <summary><c>default.replication.factor</c>.</summary>
    public int DefaultReplicationFactor { get; init; } = SettingsSchema.DefaultReplicationFactor.Default;

    /// <summary><c>num.replica.fetchers</c>.</summary>
    public int ReplicaFetchers { get; init; } = SettingsSchema.ReplicaFetchers.Default;

    /// <summary><c>replica.lag.time.max.ms</c>.</summary>
    public int ReplicaLagMaxMs { get; init; } = SettingsSchema.ReplicaLagMaxMs.Default;

    /// <summary><c>replica.fetch.max.bytes</c>.</summary>
    public int ReplicaFetchMaxBytes { get; init; } = SettingsSchema.ReplicaFetchMaxBytes.Default;

    /// <summary><c>auto.create.topics.enable</c>.</summary>
    public bool AutoCreateTopics { get; init; } = SettingsSchema.AutoCreateTopics.Default;

    /// <summary>Values of topic configs where neither topic nor cluster has one, by topic key (<see cref="Settings.TopicDefaults"/>).</summary>
    public ImmutableSortedDictionary<string, string> TopicDefaults { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary><c>quorum.*</c>, and the broker's session with the controller.</summary>
    public QuorumSettings Quorum { get; init; } = new();

    /// <summary>The Kafka door.</summary>
    public KafkaSettings Kafka { get; init; } = new();

    /// <summary><c>min.free.bytes</c>.</summary>
    public long MinFreeBytes { get; init; } = SettingsSchema.MinFreeBytes.Default;

    /// <summary><c>producer.id.expiration.ms</c>.</summary>
    public int ProducerExpirationMs { get; init; } = SettingsSchema.ProducerExpirationMs.Default;

    /// <summary><c>producer.id.expiration.check.interval.ms</c>.</summary>
    public int ProducerExpirationCheckMs { get; init; } = SettingsSchema.ProducerExpirationCheckMs.Default;

    /// <summary><c>log.retention.check.interval.ms</c>.</summary>
    public int RetentionCheckMs { get; init; } = SettingsSchema.RetentionCheckMs.Default;

    /// <summary><c>log.flush.offset.checkpoint.interval.ms</c>.</summary>
    public int CheckpointMs { get; init; } = SettingsSchema.CheckpointMs.Default;

    /// <summary><c>num.flush.threads</c>.</summary>
    public int FlushThreads { get; init; } = SettingsSchema.FlushThreads.Default;

    /// <summary><c>shutdown.timeout.ms</c>.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromMilliseconds(SettingsSchema.ShutdownTimeoutMs.Default);

    /// <summary><c>logging.level</c>.</summary>
    public LogLevel LoggingLevel { get; init; } = SettingsSchema.LoggingLevel.Default;

    /// <summary><c>otlp.endpoint</c>; null pushes no metrics.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary><c>otlp.http</c>.</summary>
    public bool OtlpOverHttp { get; init; } = SettingsSchema.OtlpOverHttp.Default;

    /// <summary><c>otlp.interval.ms</c>.</summary>
    public TimeSpan OtlpInterval { get; init; } = TimeSpan.FromMilliseconds(SettingsSchema.OtlpIntervalMs.Default);

    /// <summary>Every setting as text, for administrators who ask the broker.</summary>
    public ImmutableArray<Broker.Admin.NodeSetting> Told { get; init; } = [];

    internal static ServerSettings From(SettingValues values) => new()
    {
        Told = ToldSettings.Of(values),
        NodeId = values.Get(SettingsSchema.NodeId),
        ClusterId = values.Get(SettingsSchema.ClusterId) is { Length: > 0 } cluster ? Guid.Parse(cluster) : null,
        Roles = values.Get(SettingsSchema.ProcessRoles),
        DataDirectory = values.Get(SettingsSchema.DataDirectory),
        Rack = values.Get(SettingsSchema.Rack),
        ReplicaSelector = values.Get(SettingsSchema.ReplicaSelector),
        GrpcEndPoint = new IPEndPoint(values.Get(SettingsSchema.GrpcHost), values.Get(SettingsSchema.GrpcPort)),
        AdvertisedEndpoint = values.Get(SettingsSchema.GrpcAdvertisedEndpoint),
        InternalEndpoint = values.Get(SettingsSchema.GrpcInternalEndpoint),
        TlsCertificateFile = values.Get(SettingsSchema.GrpcTlsCertificate),
        TlsKeyFile = values.Get(SettingsSchema.GrpcTlsKey),
        TlsAuthorityFile = values.Get(SettingsSchema.GrpcTlsAuthority),
        ForwardsToLeaders = values.Get(SettingsSchema.GrpcForwarding),
        HttpEndPoint = values.Get(SettingsSchema.HttpPort) is >= 0 and var port
            ? new IPEndPoint(values.Get(SettingsSchema.HttpHost), port)
            : null,
        MaxConnections = values.Get(SettingsSchema.MaxConnections),
        MaxStreamsPerConnection = values.Get(SettingsSchema.MaxStreamsPerConnection),
        MaxRequestBytes = values.Get(SettingsSchema.MaxRequestBytes),
        MaxFetchBytes = values.Get(SettingsSchema.MaxFetchBytes),
        DefaultPartitions = values.Get(SettingsSchema.DefaultPartitions),
        DefaultReplicationFactor = values.Get(SettingsSchema.DefaultReplicationFactor),
        ReplicaFetchers = values.Get(SettingsSchema.ReplicaFetchers),
        ReplicaLagMaxMs = values.Get(SettingsSchema.ReplicaLagMaxMs),
        ReplicaFetchMaxBytes = values.Get(SettingsSchema.ReplicaFetchMaxBytes),
        AutoCreateTopics = values.Get(SettingsSchema.AutoCreateTopics),
        TopicDefaults = Settings.TopicDefaults.Given(values),
        Quorum = QuorumSettings.From(values),
        Kafka = KafkaSettings.From(values),
        MinFreeBytes = values.Get(SettingsSchema.MinFreeBytes),
        ProducerExpirationMs = values.Get(SettingsSchema.ProducerExpirationMs),
        ProducerExpirationCheckMs = values.Get(SettingsSchema.ProducerExpirationCheckMs),
        RetentionCheckMs = values.Get(SettingsSchema.RetentionCheckMs),
        CheckpointMs = values.Get(SettingsSchema.CheckpointMs),
        FlushThreads = values.Get(SettingsSchema.FlushThreads),
        ShutdownTimeout = TimeSpan.FromMilliseconds(values.Get(SettingsSchema.ShutdownTimeoutMs)),
        LoggingLevel = values.Get(SettingsSchema.LoggingLevel),
        OtlpEndpoint = values.Get(SettingsSchema.OtlpEndpoint) is { Length: > 0 } address ? new Uri(address) : null,
        OtlpOverHttp = values.Get(SettingsSchema.OtlpOverHttp),
        OtlpInterval = TimeSpan.FromMilliseconds(values.Get(SettingsSchema.OtlpIntervalMs)),
    };
}
