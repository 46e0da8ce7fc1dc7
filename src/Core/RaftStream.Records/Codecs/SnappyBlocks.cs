using System.Buffers.Binary;

namespace RaftStream.Records.Codecs;

/// <summary>Steps through the blocks of snappy content: one when it is bare, the chunks when it is framed.</summary>
/// <remarks>The framing is pictured at <see cref="SnappyCodec"/>.</remarks>
internal ref struct SnappyBlocks
{
    private readonly bool _isFramed;
    private ReadOnlySpan<byte> _rest;
    private int _left;
    private bool _isBegun;

    /// <param name="maxBytes">Most content of all blocks together.</param>
    public SnappyBlocks(ReadOnlySpan<byte> source, int maxBytes)
    {
        _rest = source;
        _left = maxBytes;
        _isFramed = source.StartsWith(SnappyCodec.FrameMagic);
    }

    /// <summary>The elements of the block that <see cref="MoveNext"/> came to.</summary>
    public ReadOnlySpan<byte> Elements { get; private set; }

    /// <summary>What they decode to, bytes, as the block says; within the limit.</summary>
    public int Length { get; private set; }

    /// <summary>What ended the steps early.</summary>
    public RecordFault Fault { get; private set; }

    /// <summary>Steps to the next block.</summary>
    public bool MoveNext()
    {
        if (!TryTakeBlock(out ReadOnlySpan<byte> block))
        {
            return false;
        }

        if (!SnappyDecoder.TryReadLength(ref block, out int length))
        {
            return Fail(RecordFault.DecompressionFailed);
        }

        if (length > _left)
        {
            return Fail(RecordFault.DecompressedTooLarge);
        }

        _left -= length;
        Length = length;
        Elements = block;
        return true;
    }

    private bool TryTakeBlock(out ReadOnlySpan<byte> block)
    {
        block = _rest;
        if (!_isFramed)
        {
            bool isFirst = !_isBegun;
            _isBegun = true;
            return isFirst;
        }

        if (!_isBegun && !TryTakeFrameHeader())
        {
            return Fail(RecordFault.DecompressionFailed);
        }

        _isBegun = true;
        if (_rest.IsEmpty)
        {
            return false;
        }

        int size = _rest.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32BigEndian(_rest);
        if (size < 0 || size > _rest.Length - sizeof(int))
        {
            return Fail(RecordFault.DecompressionFailed);
        }

        block = _rest.Slice(sizeof(int), size);
        _rest = _rest[(sizeof(int) + size)..];
        return true;
    }

    private bool TryTakeFrameHeader()
    {
        if (_rest.Length < SnappyCodec.FrameHeaderSize
            || BinaryPrimitives.ReadInt32BigEndian(_rest[12..]) > SnappyCodec.FramingVersion)
        {
            return false;
        }

        _rest = _rest[SnappyCodec.FrameHeaderSize..];
        return true;
    }

    private bool Fail(RecordFault fault)
    {
        Fault = fault;
        return false;
    }
}
