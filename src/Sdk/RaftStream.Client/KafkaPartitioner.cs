using System.Buffers.Binary;

namespace RaftStream.Client;

/// <summary>Chooses a partition by key exactly as Kafka's default partitioner does, so that mixed clients agree.</summary>
public static class KafkaPartitioner
{
    private const uint Seed = 0x9747B28C;
    private const uint Multiplier = 0x5BD1E995;
    private const int Shift = 24;

    /// <summary>The partition of <paramref name="key"/> among <paramref name="partitionCount"/> (above 0) partitions.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitionCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partitionCount);
        // Kafka masks the sign instead of taking the absolute value: |int.MinValue| would stay negative.
        return (Murmur2(key) & int.MaxValue) % partitionCount;
    }

    /// <summary>Kafka's 32-bit murmur2 (its <c>Utils.murmur2</c>), sign included.</summary>
    public static int Murmur2(ReadOnlySpan<byte> data)
    {
        uint hash = Seed ^ (uint)data.Length;
        while (data.Length >= sizeof(uint))
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(data) * Multiplier;
            word ^= word >> Shift;
            hash = (hash * Multiplier) ^ (word * Multiplier);
            data = data[sizeof(uint)..];
        }

        if (data.Length > 0)
        {
            for (int i = data.Length - 1; i >= 0; i--)
            {
                hash ^= (uint)data[i] << (8 * i);
            }

            hash *= Multiplier;
        }

        hash ^= hash >> 13;
        hash *= Multiplier;
        hash ^= hash >> 15;
        return (int)hash;
    }
}
