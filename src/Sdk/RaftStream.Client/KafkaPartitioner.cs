using RaftStream.Records;

namespace RaftStream.Client;

/// <summary>Chooses a partition by key exactly as Kafka's default partitioner does, so that mixed clients agree.</summary>
public static class KafkaPartitioner
{
    /// <summary>The partition of <paramref name="key"/> among <paramref name="partitionCount"/> (above 0) partitions.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitionCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partitionCount);
        return Murmur2.Partition(key, partitionCount);
    }
}
