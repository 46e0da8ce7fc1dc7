using System.Buffers.Binary;

namespace RaftStream.Records;

/// <summary>The hash by which Kafka's default partitioner spreads keys over partitions (32-bit murmur2, seed 0x9747b28c).</summary>
public static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Shift = 24;

    /// <summary>The partition of a key, in [0, <paramref name="partitions"/>); the sign of the hash is masked, as Kafka does it.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitions) => (int)(Hash(key) & int.MaxValue) % partitions;

    /// <summary>The hash of a key.</summary>
    public static uint Hash(ReadOnlySpan<byte> key)
    {
        uint hash = Seed ^ (uint)key.Length;
        while (key.Length >= sizeof(uint))
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(key) * Multiplier;
            word = (word ^ (word >> Shift)) * Multiplier;
            hash = (hash * Multiplier) ^ word;
            key = key[sizeof(uint)..];
        }

        if (!key.IsEmpty)
        {
            for (int i = key.Length - 1; i >= 0; i--)
            {
                hash ^= (uint)key[i] << (8 * i);
            }

            hash *= Multiplier;
        }

        hash = (hash ^ (hash >> 13)) * Multiplier;
        return hash ^ (hash >> 15);
    }
}
