namespace RaftStream.Kafka;

/// <summary>What one client, and all together, may ask of the door. Each limit has its unit, default and reason here and nowhere else.</summary>
public sealed record KafkaLimits
{
    /// <summary>Connections over all listeners. Default 10,000; more are closed at once.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Connections from one address (<c>max.connections.per.ip</c>). Default: no limit of its own.</summary>
    public int MaxConnectionsPerAddress { get; init; } = int.MaxValue;

    /// <summary>Bytes of one request (<c>socket.request.max.bytes</c>). Default 16 MiB: above any sane record batch. More closes the connection.</summary>
    public int MaxRequestBytes { get; init; } = 16 << 20;

    /// <summary>
    /// Memory of requests under way, over all connections, bytes (<c>queued.max.request.bytes</c>); beyond it a connection waits with its request,
    /// save one at a time, which goes on. A request counts with what came of it and 64 KiB, and any but a produce request, once it is whole,
    /// with 16 times its size, since it is decoded. Default 256 MiB.
    /// </summary>
    public long MaxReceivingBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Requests up to this size, bytes, are not counted and never wait, nor does the beginning of a larger one. Default 16 KiB: some 500 partitions
    /// of a fetch.
    /// </summary>
    public int SmallRequestBytes { get; init; } = 16 << 10;

    /// <summary>
    /// While others wait for memory of requests, a connection that holds some and sends less of its request than this, bytes per second, is cut.
    /// Default 64 KiB/s: with less, 16 MiB would not be here before <see cref="RequestTimeout"/>.
    /// </summary>
    public int MinReceiveBytesPerSecond { get; init; } = 64 << 10;

    /// <summary>The rate is measured over at least that long. Default 1 s: retransmissions of a sane network take less.</summary>
    public TimeSpan ReceivePatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Memory of answers that are made or were not taken yet, over all connections, bytes; beyond it a connection waits before its next large
    /// answer is made, and those who do not read are cut. The first 128 KiB of each connection and bytes of files do not count. Default 128 MiB.
    /// </summary>
    public long MaxUnsentBytes { get; init; } = 128L << 20;

    /// <summary>The part of it that one connection may have before its next request waits, bytes. Default 4 MiB; a single answer may be larger.</summary>
    public long MaxUnsentBytesPerConnection { get; init; } = 4L << 20;

    /// <summary>
    /// While others wait for memory, a connection that has taken nothing of its answers for this is cut. Default 1 s: as long as the others
    /// wait then, and time for 256 KiB.
    /// </summary>
    public TimeSpan UnsentPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Elements of all arrays of one request. Default 50,000: ten thousand partitions and the replicas of each.</summary>
    public int MaxElements { get; init; } = 50_000;

    /// <summary>Produce requests of one connection that wait for their acknowledgement. Default 64; then the connection is not read on.</summary>
    public int MaxUnansweredProduces { get; init; } = 64;

    /// <summary>
    /// A connection without a byte in either direction is closed after this (<c>connections.max.idle.ms</c>). Default 10 minutes, as in Kafka.
    /// It is also the patience with who does not take an answer: consumers that work for minutes on what they have do not read meanwhile.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A connection that stops in the middle of a request is closed after this: it may hold memory that others wait for. Default 30 s.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A request must be here whole after this, however it trickles in. Default 5 minutes: 16 MiB at 56 KB/s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
