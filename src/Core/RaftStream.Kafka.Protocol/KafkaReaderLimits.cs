namespace RaftStream.Kafka.Protocol;

/// <summary>What one frame may ask of memory, beyond its own size.</summary>
public sealed record KafkaReaderLimits
{
    /// <summary>The defaults.</summary>
    public static KafkaReaderLimits Default { get; } = new();

    /// <summary>Longest string, bytes of UTF-8. The default is what the older versions' lengths of two bytes can say.</summary>
    public int MaxStringBytes { get; init; } = short.MaxValue;

    /// <summary>
    /// Elements of all arrays of a frame together. An element becomes an object of some 100 bytes where the frame has as few as 5; the
    /// default is enough for a request about each of 300,000 partitions and its replicas.
    /// </summary>
    public int MaxElements { get; init; } = 1_000_000;
}
