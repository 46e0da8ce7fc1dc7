using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Quorum.Storage;

/// <summary>Copies whole batches out of the log.</summary>
internal static class LogBytes
{
    /// <summary>Batches from <paramref name="from"/> on, below <paramref name="bound"/>; at least one when there is one.</summary>
    /// <exception cref="StorageException">The offset is not in the log, or the bytes are damaged.</exception>
    internal static ReadOnlyMemory<byte> Read(PartitionLog log, Offset from, Offset bound, int maxBytes)
    {
        using LogSlice slice = log.Read(from, maxBytes, bound);
        if (slice.Error != ErrorCode.None)
        {
            throw new StorageException(
                StorageErrorKind.Corrupt, $"The log {log.Topic}-{log.Partition} cannot be read at offset {from} ({slice.Error}).");
        }

        byte[] bytes = new byte[slice.Length];
        Invariant.Check(slice.CopyTo(bytes, at: 0) == bytes.Length);
        return bytes;
    }
}
