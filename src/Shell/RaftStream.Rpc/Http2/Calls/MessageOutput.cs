using System.Buffers;
using System.Runtime.InteropServices;
using RaftStream.Rpc.Http2.Buffers;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>Where requests are serialized: straight into the buffers that the socket sends from.</summary>
/// <remarks>
/// Used by the call's one writer. Holds at most one buffer between messages, a small one; whoever closes the stream while
/// no message is being written lets go of it, else the writer does when it comes to the end of its message.
/// </remarks>
internal sealed class MessageOutput(BufferPool pool, MessageOutput.Sink sink) : IBorrowingBufferWriter
{
    private const int FirstBufferBytes = 1024;
    private const int KeptBufferBytes = 16 * 1024;
    private const int MaxBufferBytes = 256 * 1024;

    private const int Busy = 1;
    private const int Closed = 2;

    private CountedBuffer? _buffer;
    private int _start; // of what was written and not yet handed on
    private int _used;
    private int _nextBytes = FirstBufferBytes;
    private bool _hasBorrowed;
    private int _state; // Busy and Closed

    /// <summary>Takes pieces of messages, in order.</summary>
    /// <param name="owner">The piece's buffer, to be counted once more; null when it is borrowed until it is sent.</param>
    internal delegate void Sink(ArraySegment<byte> piece, CountedBuffer? owner);

    /// <summary>True when the writer hears when its bytes are sent, so that it can lend memory until then.</summary>
    public bool MayBorrow { get; set; }

    /// <summary>Begins a message; <see cref="EndMessage"/> must follow. False when the stream is closed.</summary>
    public bool TryBeginMessage() => Interlocked.CompareExchange(ref _state, Busy, 0) == 0;

    /// <inheritdoc/>
    public void Advance(int count) => _used += count;

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer is null || _buffer.Array.Length - _used < Math.Max(1, sizeHint))
        {
            HandOn();
            _buffer?.Release();
            _buffer = pool.Rent(Math.Max(_nextBytes, sizeHint));
            _nextBytes = Math.Min(MaxBufferBytes, _nextBytes * 4);
            _start = _used = 0;
        }

        return _buffer.Array.AsMemory(_used);
    }

    /// <inheritdoc/>
    public void WriteBorrowed(ReadOnlyMemory<byte> memory)
    {
        if (!MayBorrow || memory.Length < KeptBufferBytes || !MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> piece))
        {
            this.Write(memory.Span);
            return;
        }

        HandOn();
        sink(piece, null);
        _hasBorrowed = true;
    }

    /// <summary>The message is complete, or given up: hands on what was written of it.</summary>
    /// <returns>True when memory was borrowed for it.</returns>
    public bool EndMessage()
    {
        bool borrowed = _hasBorrowed;
        _hasBorrowed = false;
        HandOn();
        _nextBytes = KeptBufferBytes;
        if (_buffer is not null && _buffer.Array.Length > KeptBufferBytes)
        {
            Release();
        }

        if ((Interlocked.And(ref _state, ~Busy) & Closed) != 0)
        {
            Release();
        }

        return borrowed;
    }

    /// <summary>No more messages: lets go of the buffer. What was handed on stays.</summary>
    public void Close()
    {
        if ((Interlocked.Or(ref _state, Closed) & Busy) == 0)
        {
            Release();
        }
    }

    private void Release()
    {
        _buffer?.Release();
        _buffer = null;
        _start = _used = 0;
    }

    private void HandOn()
    {
        if (_used > _start)
        {
            sink(new ArraySegment<byte>(_buffer!.Array, _start, _used - _start), _buffer);
            _start = _used;
        }
    }
}
