using System.Net;
using Microsoft.Extensions.Logging;
using RaftStream.Broker;

namespace RaftStream.Server.Settings;

/// <summary>
/// Every setting of the server, with type, default, limits and documentation: the only place where they are named.
/// Help, validation and <see cref="ServerSettings"/> are made from it.
/// </summary>
/// <remarks>Names are Kafka's where Kafka has the setting.</remarks>
public static class SettingsSchema
{
    private const string Node = "Node";
    private const string Ports = "Ports";
    private const string Limits = "Limits";
    private const string Topics = "Topics";
    private const string Replication = "Replication";
    private const string Disk = "Disk";
    private const string Operation = "Operation";

    /// <summary>Number of the node.</summary>
    public static readonly Setting<int> NodeId = new(
        "node.id", SettingTypes.Int(0, int.MaxValue), 1,
        "Number of this node, unique in the cluster and the same for as long as its data folder lives.")
    { Section = Node };

    /// <summary>What the node does.</summary>
    public static readonly Setting<ProcessRoles> ProcessRoles = new(
        "process.roles",
        SettingTypes.OneOf(
            ("controller,broker", Settings.ProcessRoles.Both), ("broker,controller", Settings.ProcessRoles.Both),
            ("controller", Settings.ProcessRoles.Controller), ("broker", Settings.ProcessRoles.Broker)),
        Settings.ProcessRoles.Both,
        "What this node does: a controller votes on the metadata, a broker holds partitions and serves clients.")
    { Section = Node };

    /// <summary>The cluster that the data folder must belong to.</summary>
    public static readonly Setting<string> ClusterId = new(
        "cluster.id", SettingTypes.Text("a UUID", text => text.Length == 0 || Guid.TryParse(text, out _) ? null : "must be a UUID"), "",
        "Cluster that the data folder must belong to. Empty takes what the folder says, or makes one up at the first start.")
    { Section = Node };

    /// <summary>Where the data lies.</summary>
    public static readonly Setting<string> DataDirectory = new(
        "data.dir", SettingTypes.Path, "raftstream-data",
        "Folder of this node's data; made at the first start. One process at a time.")
    { Section = Node, Aliases = ["data"] };

    /// <summary>Rack of the node.</summary>
    public static readonly Setting<string> Rack = new(
        "broker.rack", SettingTypes.Text(), "", "Where this node stands; replicas of a partition are spread over racks.")
    { Section = Node };

    /// <summary>Whom consumers read from.</summary>
    public static readonly Setting<ReplicaSelector> ReplicaSelector = new(
        "replica.selector",
        SettingTypes.OneOf(("leader", Broker.ReplicaSelector.Leader), ("rack", Broker.ReplicaSelector.Rack)),
        Broker.ReplicaSelector.Leader,
        "Whom consumers read from: always the leader, or an in-sync replica in their own rack (broker.rack) where there is one. The same on all brokers.")
    { Section = Node };

    /// <summary>Address of the gRPC port.</summary>
    public static readonly Setting<IPAddress> GrpcHost = new(
        "grpc.host", SettingTypes.Address, IPAddress.Loopback,
        "Address to take gRPC calls on. There is no authentication yet, so only this machine is let in unless you say so: * is everyone.")
    { Section = Ports };

    /// <summary>The gRPC port.</summary>
    public static readonly Setting<int> GrpcPort = new(
        "grpc.port", SettingTypes.Int(0, 65535), 9090, "Port to take gRPC calls on; 0 takes a free one.")
    { Section = Ports };

    /// <summary>What clients are told to connect to.</summary>
    public static readonly Setting<string> GrpcAdvertisedEndpoint = new(
        "grpc.advertised.endpoint", SettingTypes.Text("host:port", CheckEndpoint), "",
        "host:port that clients are told to connect to; needed behind NAT and in containers. Empty is grpc.host (this machine's name when that is *) and grpc.port.")
    { Section = Ports };

    /// <summary>What other brokers connect to.</summary>
    public static readonly Setting<string> GrpcInternalEndpoint = new(
        "grpc.internal.endpoint", SettingTypes.Text("host:port", CheckEndpoint), "",
        "host:port by which other brokers reach this one's gRPC port, to pass requests on; for containers and NAT, where clients come by another address. Empty is what clients are told.")
    { Section = Ports };

    /// <summary>TLS certificate of the gRPC port.</summary>
    public static readonly Setting<string> GrpcTlsCertificate = new(
        "grpc.tls.certificate", SettingTypes.Path, "",
        "PEM file with the certificate of the gRPC port. Empty serves cleartext.")
    { Section = Ports };

    /// <summary>Key of the TLS certificate.</summary>
    public static readonly Setting<string> GrpcTlsKey = new(
        "grpc.tls.key", SettingTypes.Path, "",
        "PEM file with the private key of grpc.tls.certificate, not encrypted. Empty looks for it in the certificate's file.")
    { Section = Ports };

    /// <summary>Who signs the brokers' certificates.</summary>
    public static readonly Setting<string> GrpcTlsAuthority = new(
        "grpc.tls.ca", SettingTypes.Path, "",
        "PEM file with the authorities that sign the certificates of the brokers' gRPC ports, for what this broker passes on to others. Empty is the system's.")
    { Section = Ports };

    /// <summary>Whether requests are passed on.</summary>
    public static readonly Setting<bool> GrpcForwarding = new(
        "grpc.forwarding.enable", SettingTypes.Boolean, true,
        "Pass requests for partitions that another broker leads on to that broker, so that clients may talk to any. Off: they are refused, with the leader's address.")
    { Section = Ports };

    /// <summary>Address of the HTTP port.</summary>
    public static readonly Setting<IPAddress> HttpHost = new(
        "http.host", SettingTypes.Address, IPAddress.Loopback, "Address to answer /healthz, /readyz and /metrics on; * is everyone.")
    { Section = Ports };

    /// <summary>The HTTP port.</summary>
    public static readonly Setting<int> HttpPort = new(
        "http.port", SettingTypes.Int(-1, 65535), 8080, "Port for /healthz, /readyz and /metrics; 0 takes a free one, -1 has none.")
    { Section = Ports };

    /// <summary>Most connections.</summary>
    public static readonly Setting<int> MaxConnections = new(
        "max.connections", SettingTypes.Int(1, 1_000_000), 10_000,
        "Connections at once over all ports, at most a third of the files that the process may open; more are closed. An idle one costs about 30 KiB of memory.")
    { Section = Limits };

    /// <summary>Most calls per connection.</summary>
    public static readonly Setting<int> MaxStreamsPerConnection = new(
        "max.streams.per.connection", SettingTypes.Int(1, 1_000_000), 1_000,
        "gRPC calls at once on one connection; the client waits with more.")
    { Section = Limits };

    /// <summary>Largest request.</summary>
    public static readonly Setting<int> MaxRequestBytes = new(
        "socket.request.max.bytes", SettingTypes.Int(64 * 1024, 512 * 1024 * 1024), 16 * 1024 * 1024,
        "Bytes of one request, after decompression. Must be above max.message.bytes of every topic.")
    { Section = Limits };

    /// <summary>Largest fetch.</summary>
    public static readonly Setting<int> MaxFetchBytes = new(
        "fetch.max.bytes", SettingTypes.Int(1024, 60 << 20), 8 << 20,
        "Bytes of one fetch over all its partitions, whatever the client asks for; an answer is held in memory until the client takes it.")
    { Section = Limits };

    /// <summary>Partitions of a new topic.</summary>
    public static readonly Setting<int> DefaultPartitions = new(
        "num.partitions", SettingTypes.Int(1, 100_000), 1, "Partitions of a topic whose creator does not say.")
    { Section = Topics };

    /// <summary>Replicas of a new topic.</summary>
    public static readonly Setting<int> DefaultReplicationFactor = new(
        "default.replication.factor", SettingTypes.Int(1, short.MaxValue), 1,
        "Replicas of each partition of a topic whose creator does not say.")
    { Section = Topics };

    /// <summary>Streams to each leader.</summary>
    public static readonly Setting<int> ReplicaFetchers = new(
        "num.replica.fetchers", SettingTypes.Int(1, 64), 1, "Streams on which this broker follows the partitions of one other broker.")
    { Section = Replication };

    /// <summary>How long a replica may lag.</summary>
    public static readonly Setting<int> ReplicaLagMaxMs = new(
        "replica.lag.time.max.ms", SettingTypes.Int(1_000, 3_600_000), 30_000,
        "Milliseconds after which a replica that did not catch up leaves the in-sync replicas; acks=all waits for it until then.")
    { Section = Replication };

    /// <summary>Largest answer to a follower.</summary>
    public static readonly Setting<int> ReplicaFetchMaxBytes = new(
        "replica.fetch.max.bytes", SettingTypes.Int(1024, 60 << 20), 1 << 20,
        "Bytes of one partition in one answer to a follower; the first batch comes whole even when it is larger.")
    { Section = Replication };

    /// <summary>Topics made on demand.</summary>
    public static readonly Setting<bool> AutoCreateTopics = new(
        "auto.create.topics.enable", SettingTypes.Boolean, false,
        "Create a topic when a client asks for one that is not there. Off: a misspelt name is an error, not a new topic.")
    { Section = Topics };

    /// <summary>Room that is kept.</summary>
    public static readonly Setting<long> MinFreeBytes = new(
        "min.free.bytes", SettingTypes.Long(0), 256L << 20,
        "Free bytes of the disk below which no records are taken and other brokers lead, so that metadata and checkpoints can still be written; records are taken again when a quarter more is free.")
    { Section = Disk };

    /// <summary>How often retention runs.</summary>
    public static readonly Setting<int> RetentionCheckMs = new(
        "log.retention.check.interval.ms", SettingTypes.Int(1, int.MaxValue), 300_000,
        "Milliseconds between two looks for segments that retention removes.")
    { Section = Disk };

    /// <summary>When an idempotent producer is forgotten.</summary>
    public static readonly Setting<int> ProducerExpirationMs = new(
        "producer.id.expiration.ms", SettingTypes.Int(1, int.MaxValue), 86_400_000,
        "Milliseconds without a batch after which a partition forgets an idempotent producer; what it sends again later is no longer known to be the same.")
    { Section = Topics };

    /// <summary>How often idempotent producers are looked at.</summary>
    public static readonly Setting<int> ProducerExpirationCheckMs = new(
        "producer.id.expiration.check.interval.ms", SettingTypes.Int(1, int.MaxValue), 600_000,
        "Milliseconds between two looks for idempotent producers that are to be forgotten.")
    { Section = Topics };

    /// <summary>How often checkpoints are written.</summary>
    public static readonly Setting<int> CheckpointMs = new(
        "log.flush.offset.checkpoint.interval.ms", SettingTypes.Int(1, int.MaxValue), 5_000,
        "Milliseconds between two checkpoints of recovery points, high watermarks and log starts; a start after a crash checks what came later.")
    { Section = Disk };

    /// <summary>Threads that flush.</summary>
    public static readonly Setting<int> FlushThreads = new(
        "num.flush.threads", SettingTypes.Int(1, 256), 4, "Threads that flush logs to disk; flushes of different logs join.")
    { Section = Disk };

    /// <summary>Time to stop.</summary>
    public static readonly Setting<int> ShutdownTimeoutMs = new(
        "shutdown.timeout.ms", SettingTypes.Int(0, 3_600_000), 30_000,
        "Milliseconds that a clean stop may take; then the process ends as in a crash, and the next start recovers. Nothing acknowledged is lost either way.")
    { Section = Operation };

    /// <summary>What is logged.</summary>
    public static readonly Setting<LogLevel> LoggingLevel = new(
        "logging.level",
        SettingTypes.OneOf(
            ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("information", LogLevel.Information),
            ("warning", LogLevel.Warning), ("error", LogLevel.Error), ("none", LogLevel.None)),
        LogLevel.Information, "Least level of log lines, which go to standard output.")
    { Section = Operation };

    /// <summary>Where metrics are pushed.</summary>
    public static readonly Setting<string> OtlpEndpoint = new(
        "otlp.endpoint", SettingTypes.Text("http://host:port", CheckHttpAddress), "",
        "OpenTelemetry collector to push metrics to. Empty pushes none; /metrics is there all the same.")
    { Section = Operation };

    /// <summary>How metrics are pushed.</summary>
    public static readonly Setting<bool> OtlpOverHttp = new(
        "otlp.http", SettingTypes.Boolean, false,
        "Push with HTTP and protobuf instead of gRPC; the endpoint's path is then used as it is.")
    { Section = Operation };

    /// <summary>How often metrics are pushed.</summary>
    public static readonly Setting<int> OtlpIntervalMs = new(
        "otlp.interval.ms", SettingTypes.Int(100, 86_400_000), 10_000, "Milliseconds between two pushes of metrics.")
    { Section = Operation };

    /// <summary>All settings, in the order in which they are listed.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        NodeId, ProcessRoles, ClusterId, DataDirectory, Rack, ReplicaSelector,
        GrpcHost, GrpcPort, GrpcAdvertisedEndpoint, GrpcInternalEndpoint, GrpcTlsCertificate, GrpcTlsKey, GrpcTlsAuthority, GrpcForwarding,
        HttpHost, HttpPort, .. KafkaSchema.All,
        MaxConnections, MaxStreamsPerConnection, MaxRequestBytes, MaxFetchBytes,
        DefaultPartitions, DefaultReplicationFactor, AutoCreateTopics, ProducerExpirationMs, ProducerExpirationCheckMs, .. TopicDefaults.All,
        ReplicaFetchers, ReplicaLagMaxMs, ReplicaFetchMaxBytes, .. QuorumSchema.All,
        MinFreeBytes, RetentionCheckMs, CheckpointMs, FlushThreads,
        ShutdownTimeoutMs, LoggingLevel, OtlpEndpoint, OtlpOverHttp, OtlpIntervalMs,
    ];

    private static string? CheckEndpoint(string text)
    {
        int colon = text.LastIndexOf(':');
        bool good = text.Length == 0
            || (colon > 0 && int.TryParse(text[(colon + 1)..], out int port) && port is > 0 and <= 65535);
        return good ? null : "must be host:port, e.g. broker-1.example.org:9090";
    }

    private static string? CheckHttpAddress(string text)
    {
        bool good = text.Length == 0
            || (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https");
        return good ? null : "must be an address like http://collector:4317";
    }
}
