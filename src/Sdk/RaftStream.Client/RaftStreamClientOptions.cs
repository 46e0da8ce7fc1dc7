using System.Security.Cryptography.X509Certificates;

namespace RaftStream.Client;

/// <summary>How to reach a cluster. Every wait has a limit, and every limit is here.</summary>
public sealed record RaftStreamClientOptions
{
    /// <summary>
    /// One or more brokers to ask first, <c>host:port</c> of their gRPC listeners; the rest of the cluster is learnt from
    /// them. Two or three are enough for any cluster.
    /// </summary>
    public IReadOnlyList<string> BootstrapEndpoints { get; init; } = ["127.0.0.1:9090"];

    /// <summary>Null is cleartext HTTP/2 (h2c).</summary>
    public ClientTlsOptions? Tls { get; init; }

    /// <summary>Name of this client in the brokers' logs.</summary>
    public string ClientId { get; init; } = "raftstream-dotnet";

    /// <summary>Longest wait for one connection. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest wait for one answer. Default 30 s, as Kafka's <c>request.timeout.ms</c>.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Longest time for a metadata or admin operation with all its retries, after which its last failure is thrown, or that there was
    /// no answer.
    /// Default 60 s, as Kafka's <c>default.api.timeout.ms</c>.
    /// </summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a topic that no broker knows may take to appear before it counts as missing: a broker may learn of a topic
    /// a moment after its creation was acknowledged elsewhere. Default 2 s.
    /// </summary>
    public TimeSpan UnknownTopicGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// First pause before a retry, but for the very first, which is made at once; doubles (with jitter) up to
    /// <see cref="RetryBackoffMax"/>. Default 50 ms. Streams to leaders pause for twice this at most as long as a failover may last
    /// (about two seconds), then ever longer.
    /// </summary>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause between retries. Default 1 s, as Kafka's <c>retry.backoff.max.ms</c>.</summary>
    public TimeSpan RetryBackoffMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a broker may take to say what the cluster looks like before the next one is asked too; the first answer counts.
    /// Default 250 ms: a broker that hangs must not hold up the search for the leader that took its place.
    /// </summary>
    public TimeSpan MetadataHedgeDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long a leader may owe an answer before metadata are asked whether it still leads; when it does not, the requests go to
    /// the new leader without waiting for the old one. Default 500 ms.
    /// </summary>
    public TimeSpan SuspectAfter { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Silence of a connection with calls under way after which it is pinged, and then given up. Default 5 s each.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Metadata older than this is asked for again even when nothing failed. Default 5 min, as Kafka's.</summary>
    public TimeSpan MetadataMaxAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Source of time and timers; tests hand in their own.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>TLS towards every broker.</summary>
public sealed record ClientTlsOptions
{
    /// <summary>Authorities that may sign the brokers' certificates; null is the system's.</summary>
    public X509Certificate2Collection? TrustedAuthorities { get; init; }

    /// <summary>This client's certificate with its private key, where the cluster asks for one.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Accepts any certificate: for a test cluster with self-signed ones, and nothing else.</summary>
    public bool TrustAnyCertificate { get; init; }
}
