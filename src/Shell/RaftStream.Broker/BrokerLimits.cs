namespace RaftStream.Broker;

/// <summary>What one request may ask of a broker. Each limit has its unit, default and reason here and nowhere else.</summary>
public sealed record BrokerLimits
{
    /// <summary>
    /// Bytes of one fetch over all partitions when the client does not say, and at most. Default 8 MiB, less than Kafka's 50:
    /// an answer is held in memory until the client takes it, and a client may stop reading. Streams have no such cost.
    /// </summary>
    public int MaxFetchBytes { get; init; } = 8 << 20;

    /// <summary>Bytes of one partition in a fetch when the client does not say. Default 1 MiB, as in Kafka.</summary>
    public int DefaultPartitionFetchBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of one answer of a consume stream when the client does not say. Default 1 MiB: larger ones gained nothing.</summary>
    public int DefaultConsumeBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of one answer of a consume stream at most. Default 16 MiB: it is held in memory until the client reads.</summary>
    public int MaxConsumeBytes { get; init; } = 16 << 20;

    /// <summary>Longest wait of a fetch, milliseconds. Default 5 minutes: a parked fetch costs memory.</summary>
    public int MaxFetchWaitMs { get; init; } = 5 * 60 * 1000;

    /// <summary>Wait of a produce request for its acknowledgement when the client does not say, milliseconds. Default 30 s.</summary>
    public int DefaultProduceTimeoutMs { get; init; } = 30_000;

    /// <summary>Longest wait of a produce request, milliseconds. Default 5 minutes.</summary>
    public int MaxProduceTimeoutMs { get; init; } = 5 * 60 * 1000;

    /// <summary>Wait of a request to delete records for the other replicas when the client does not say, milliseconds. Default 30 s.</summary>
    public int DefaultDeleteTimeoutMs { get; init; } = 30_000;

    /// <summary>Longest wait of a request to delete records, milliseconds. Default 5 minutes.</summary>
    public int MaxDeleteTimeoutMs { get; init; } = 5 * 60 * 1000;

    /// <summary>Partitions in one fetch, consume or list-offsets request. Default 10,000.</summary>
    public int MaxPartitionsPerRequest { get; init; } = 10_000;

    /// <summary>Produce requests of one stream that wait for their answer. Default 4,096; then the stream is not read on.</summary>
    public int MaxUnansweredPerStream { get; init; } = 4096;

    /// <summary>Bytes of those requests. Default 256 MiB: bounds what a slow disk can hold back, not memory, since batches are in the log already.</summary>
    public long MaxUnansweredBytesPerStream { get; init; } = 256L << 20;

    /// <summary>
    /// Bytes of one request that the doors take (<c>socket.request.max.bytes</c>). Default 16 MiB. A topic's <c>max.message.bytes</c> must leave
    /// room in it for what a request says beside its batch.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 16 << 20;

    /// <summary>
    /// Bytes of a batch's records once decompressed. Default 64 MiB, against decompression bombs: it bounds the work, and what
    /// consumers must hold; the check itself takes little memory. A topic takes no more than 64 times its <c>max.message.bytes</c>,
    /// or 1 MiB where that is more.
    /// </summary>
    public int MaxDecompressedBytes { get; init; } = 64 << 20;

    /// <summary>Metadata operations that wait for the controller. Default 1,000; more are refused with THROTTLING_QUOTA_EXCEEDED.</summary>
    public int MaxQueuedControllerOperations { get; init; } = 1000;
}
