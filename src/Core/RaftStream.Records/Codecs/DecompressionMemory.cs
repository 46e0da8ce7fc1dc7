using System.Buffers;
using System.Runtime.InteropServices;

namespace RaftStream.Records.Codecs;

/// <summary>Work memory of one decompression, given back when it ends. One owner.</summary>
/// <remarks>
/// Small ones are arrays of the shared pool. Large ones, which few batches need, are native memory: the pool would keep
/// them, one to a thread, long after the batch that asked for them.
/// </remarks>
internal unsafe ref struct DecompressionMemory : IDisposable
{
    /// <summary>The window through which content goes that is not decompressed as a whole; fits a core's own cache.</summary>
    public const int WindowBytes = 256 * 1024;

    /// <summary>Content up to this is decompressed as a whole where a codec is faster that way.</summary>
    public const int MaxWholeBytes = 1024 * 1024;

    /// <summary>
    /// How far back content may refer that is not decompressed as a whole: what decoders of zstd are asked to support
    /// at least (RFC 8878, 3.1.1.1.2).
    /// </summary>
    public const int MaxHistoryBytes = 8 * 1024 * 1024;

    private readonly void* _native;
    private byte[]? _rented;

    /// <summary>Takes memory of <paramref name="size"/> bytes, with anything in them.</summary>
    public DecompressionMemory(int size)
    {
        if (size <= MaxWholeBytes)
        {
            _rented = ArrayPool<byte>.Shared.Rent(size);
            Span = _rented.AsSpan(0, size);
        }
        else
        {
            _native = NativeMemory.Alloc((nuint)size);
            Span = new Span<byte>(_native, size);
        }
    }

    /// <summary>The memory; until <see cref="Dispose"/>.</summary>
    public readonly Span<byte> Span { get; }

    public void Dispose()
    {
        NativeMemory.Free(_native);
        if (_rented is not null)
        {
            ArrayPool<byte>.Shared.Return(_rented);
            _rented = null;
        }
    }
}
