using System.Net.Security;

namespace RaftStream.Rpc.Client;

/// <summary>How a channel connects, and what it takes at most.</summary>
public sealed record RpcChannelOptions
{
    /// <summary>Bytes of one received message after decompression. Default 64 MiB: the largest fetch, 60 MiB, fits. More is RESOURCE_EXHAUSTED.</summary>
    public int MaxReceiveMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of one sent message. Default 64 MiB; the server has its own limit. More is RESOURCE_EXHAUSTED.</summary>
    public int MaxSendMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes the server may have under way on one stream. Default 4 MiB: bulk streams wait for smaller ones.</summary>
    public int StreamWindowBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Longest wait for a connection. Default 10 s; then UNAVAILABLE.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence on a connection with calls after which the client pings. Default 30 s.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wait for the answer to a ping, after which the connection is given up. Default 20 s.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Compress requests with gzip. Default false: record batches are compressed by their producers.</summary>
    public bool CompressRequests { get; init; }

    /// <summary>For https addresses: trust, client certificate. Null is the system's default.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }
}
