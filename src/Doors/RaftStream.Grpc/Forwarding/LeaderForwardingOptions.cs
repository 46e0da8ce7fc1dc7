using System.Net.Security;

namespace RaftStream.Grpc.Forwarding;

/// <summary>How a broker passes requests on to the leaders of their partitions.</summary>
public sealed record LeaderForwardingOptions
{
    /// <summary>TLS towards the other brokers' client ports; null is cleartext, as all brokers of a cluster serve the same.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>Longest wait for a connection. Default 2 s: a leader that cannot be reached is soon another's place.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Silence of a leader with requests under way, after which it is pinged, and then that long again. Default 5 s.</summary>
    public TimeSpan PingAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What a leader is given beyond the request's own time (its timeout or longest wait) where the client set no deadline.
    /// Default 5 s: the way there and back.
    /// </summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a broker that was taken for the leader waits for the metadata that says so. Default 1 s: brokers differ by
    /// a few milliseconds, unless one is cut off.
    /// </summary>
    public TimeSpan CatchUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes that a leader may send ahead on one stream. Default 1 MiB: this broker holds no more than that, and one answer, for
    /// a client that does not read.
    /// </summary>
    public int StreamWindowBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of one answer at most. Default 64 MiB: the largest fetch, 60 MiB, fits.</summary>
    public int MaxAnswerBytes { get; init; } = 64 * 1024 * 1024;
}
