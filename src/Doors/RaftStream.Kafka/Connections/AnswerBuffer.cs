using System.Buffers;

namespace RaftStream.Kafka.Connections;

/// <summary>Bytes that wait to be sent together. Its memory is rented only while there are any.</summary>
internal sealed class AnswerBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstSize = 4096;

    private byte[] _bytes = [];

    /// <summary>Bytes written.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of memory that it has.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>The bytes from <paramref name="from"/> to <paramref name="to"/>; valid until something is written or cleared.</summary>
    public ReadOnlyMemory<byte> Slice(int from, int to) => _bytes.AsMemory(from, to - from);

    /// <summary>Forgets the bytes and gives the memory back.</summary>
    public void Clear()
    {
        Count = 0;
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }
    }

    /// <inheritdoc/>
    public void Advance(int count) => Count += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(Count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(Count);
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Grow(int sizeHint)
    {
        if (_bytes.Length - Count >= Math.Max(sizeHint, 1))
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max(FirstSize, Math.Max((long)Count + sizeHint, _bytes.Length * 2L))));
        _bytes.AsSpan(0, Count).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
