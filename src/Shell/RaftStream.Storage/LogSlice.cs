using RaftStream.Model;

namespace RaftStream.Storage;

/// <summary>Whole record batches of one segment, pinned in place: file bytes to be copied straight into a response.</summary>
/// <remarks>
/// Holds a lease on its segment: retention may delete the segment meanwhile, the bytes stay readable until
/// <see cref="Dispose"/>. Dispose exactly once, on one copy of the struct. Copying may run on any thread.
/// </remarks>
public readonly struct LogSlice : IDisposable
{
    internal LogSlice(ErrorCode error) => Error = error;

    /// <summary><see cref="ErrorCode.None"/>, or why there is nothing: <see cref="ErrorCode.OffsetOutOfRange"/> outside
    /// [log start, log end], <see cref="ErrorCode.KafkaStorageError"/> when the segment's bytes are damaged .</summary>
    public ErrorCode Error { get; }

    /// <summary>Bytes in the slice; 0 when there was nothing to read below the bound.</summary>
    public int Length => throw new NotSupportedException();

    /// <summary>Offset after the last batch of the slice: where to read on; the asked offset when the slice is empty.</summary>
    public Offset NextOffset => throw new NotSupportedException();

    /// <summary>True when there are no bytes.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Copies bytes from <paramref name="at"/> on until <paramref name="destination"/> is full or the slice ends.</summary>
    /// <returns>Bytes copied.</returns>
    /// <exception cref="StorageException">The read failed, or the log was truncated below the end of the slice.</exception>
    public int CopyTo(Span<byte> destination, int at) => throw new NotSupportedException();

    /// <summary>Releases the lease.</summary>
    public void Dispose()
    {
    }
}
