namespace RaftStream.Rpc.Server;

/// <summary>What one server takes at most. Each limit has its unit, default and reason here and nowhere else.</summary>
public sealed record RpcServerLimits
{
    /// <summary>Connections over all listeners. Default 10,000: an idle one costs about 30 KiB, so 300 MB at worst. More are closed at once.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Calls at once on one connection. Default 1,000: pooled clients of one process share a connection; more are refused, the client waits.</summary>
    public int MaxStreamsPerConnection { get; init; } = 1_000;

    /// <summary>Bytes of one received message after decompression. Default 16 MiB: above any sane record batch. More is RESOURCE_EXHAUSTED.</summary>
    public int MaxReceiveMessageBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of one sent message. Default 64 MiB: the largest fetch, 60 MiB, fits. More is RESOURCE_EXHAUSTED.</summary>
    public int MaxSendMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of all request headers of a call. Default 64 KiB: tokens and binary metadata fit.</summary>
    public int MaxRequestHeaderBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes a client may have under way on one stream. Default 4 MiB: below that, bulk streams wait for the window (see spec of moving bytes).</summary>
    public int StreamWindowBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes a client may have under way on one connection. Default 16 MiB: four full streams; bounds the memory one client can pin.</summary>
    public int ConnectionWindowBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Payload bytes of one HTTP/2 frame a client may send. Default 1 MiB; costs nothing for those that send 16 KiB.</summary>
    public int MaxFrameBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of sent messages that may wait in memory per stream while the client does not read. Default 256 KiB; then writes wait.</summary>
    public int WriteBufferBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes that are received ahead of whoever reads a connection. Default 1 MiB; then the peer waits.</summary>
    public int ReadBufferBytes { get; init; } = 1024 * 1024;

    /// <summary>Silence on a connection after which the server pings. Default 30 s: a dead peer is noticed within a minute.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wait for the answer to a ping, after which the connection is closed. Default 20 s.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Wait for the first bytes of a new connection. Default 30 s: then whoever connected is not a gRPC client.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of one block of the memory pool, the most that one receive reads. Default 64 KiB: 4 KiB costs four times the CPU.</summary>
    public int MemoryBlockBytes { get; init; } = 64 * 1024;
}
