using System.Buffers;
using RaftStream.Rpc.Http2.Frames;

namespace RaftStream.Rpc.Http2.Buffers;

/// <summary>What one system call sends: small things copied next to each other, large payloads where they lie.</summary>
/// <remarks>
/// <code>
/// scratch:  [ping][HEADERS][9][small payload][9]            [9]
/// payloads:                                     [256 KiB...]   [256 KiB...]
/// pieces:   |------------- one ---------------|----- two ----|3|--- four --|
/// </code>
/// Used by the sender's loop alone; reused from batch to batch.
/// </remarks>
internal sealed class SendBatch : IBufferWriter<byte>
{
    private readonly int _copyBytes;
    private readonly List<Piece> _pieces = [];
    private readonly List<ArraySegment<byte>> _sealed = [];
    private readonly List<(ISentHandler Handler, int Bytes)> _sent = [];
    private byte[] _scratch = GC.AllocateUninitializedArray<byte>(16 * 1024, pinned: true);
    private int _scratchUsed;
    private int _pieceStart; // where the scratch piece that is being written begins

    /// <param name="copyBytes">Payload pieces up to this size are copied: a vector entry costs about as much.</param>
    public SendBatch(int copyBytes) => _copyBytes = copyBytes;

    /// <summary>Bytes in it.</summary>
    public int Bytes { get; private set; }

    /// <summary>Entries that the system call will have at least.</summary>
    public int Pieces => _pieces.Count;

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _scratch.AsSpan(_scratchUsed);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _scratch.AsMemory(_scratchUsed);
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _scratchUsed += count;
        Bytes += count;
    }

    /// <summary>Adds a frame header.</summary>
    public void Add(FrameHeader header)
    {
        header.Write(GetSpan(FrameHeader.Size));
        Advance(FrameHeader.Size);
    }

    /// <summary>Adds payload, by copy or by reference; the memory must stay until <see cref="Complete"/>.</summary>
    public void Add(ArraySegment<byte> payload)
    {
        if (payload.Count <= _copyBytes)
        {
            this.Write(payload.AsSpan());
            return;
        }

        CloseScratchPiece();
        _pieces.Add(new Piece(payload.Array, payload.Offset, payload.Count));
        Bytes += payload.Count;
    }

    /// <summary>Remembers who waits for this batch.</summary>
    public void Note(ISentHandler handler, int bytes) => _sent.Add((handler, bytes));

    /// <summary>The batch for the socket; nothing may be added until <see cref="Complete"/>.</summary>
    public List<ArraySegment<byte>> Seal()
    {
        CloseScratchPiece();
        foreach (Piece piece in _pieces)
        {
            _sealed.Add(new ArraySegment<byte>(piece.Array ?? _scratch, piece.Offset, piece.Count));
        }

        return _sealed;
    }

    /// <summary>The socket has taken the batch over, or will never: tells those who noted themselves, and starts anew.</summary>
    public void Complete()
    {
        foreach ((ISentHandler handler, int bytes) in _sent)
        {
            handler.OnSent(bytes);
        }

        _sent.Clear();
        _sealed.Clear();
        _pieces.Clear();
        _scratchUsed = 0;
        _pieceStart = 0;
        Bytes = 0;
    }

    private void CloseScratchPiece()
    {
        if (_scratchUsed > _pieceStart)
        {
            _pieces.Add(new Piece(null, _pieceStart, _scratchUsed - _pieceStart));
            _pieceStart = _scratchUsed;
        }
    }

    private void Reserve(int bytes)
    {
        if (_scratch.Length - _scratchUsed < bytes)
        {
            // Pieces name the scratch by offset, so it may move until the batch is sealed.
            byte[] larger = GC.AllocateUninitializedArray<byte>(
                Math.Max(_scratch.Length * 2, _scratchUsed + bytes), pinned: true);
            _scratch.AsSpan(0, _scratchUsed).CopyTo(larger);
            _scratch = larger;
        }
    }

    // Array null is the scratch.
    private readonly record struct Piece(byte[]? Array, int Offset, int Count);
}

/// <summary>Learns that the socket has taken its bytes over.</summary>
internal interface ISentHandler
{
    /// <summary>The oldest <paramref name="bytes"/> under way are out; their memory is free.</summary>
    void OnSent(int bytes);
}
