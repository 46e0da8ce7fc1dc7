namespace RaftStream.Records.Codecs;

/// <summary>Decodes a snappy block whose content is larger than the memory for it.</summary>
/// <remarks>
/// The memory slides over the content: when it is full, what is new goes to the sink and the end of it to the front,
/// as the history that copies refer to. Encoders as a rule refer back less than 64 KiB, some as far as the block goes.
/// </remarks>
internal ref struct SnappyWindow
{
    private readonly Span<byte> _memory;
    private readonly int _history;
    private readonly int _length;
    private ReadOnlySpan<byte> _elements;
    private int _begin; // of the memory, as a place in the content
    private int _written; // in the memory
    private int _fed; // content that the sink has

    /// <param name="elements">Of the block.</param>
    /// <param name="length">Of its content.</param>
    /// <param name="memory">Larger by far than the history.</param>
    /// <param name="history">How far back copies may refer, bytes, at least.</param>
    /// <param name="fed">How much of the content the sink has, from an earlier try.</param>
    public SnappyWindow(ReadOnlySpan<byte> elements, int length, Span<byte> memory, int history, int fed)
    {
        _elements = elements;
        _length = length;
        _memory = memory;
        _history = history;
        _fed = fed;
    }

    /// <summary>True when a copy refers to content that is not in the memory any more.</summary>
    public bool IsHistoryTooShort { get; private set; }

    /// <summary>Content that the sink has.</summary>
    public readonly int Fed => _fed;

    /// <summary>Decodes to the end of the block.</summary>
    /// <returns>False when the block is malformed, or <see cref="IsHistoryTooShort"/>.</returns>
    public bool Decode<TSink>(ref TSink sink)
        where TSink : struct, IPieceSink
    {
        int at = 0;
        while (true)
        {
            Span<byte> room = _memory[..Math.Min(_memory.Length, _length - _begin)];
            SnappyDecoder.DecodeCommon(_elements, room, ref at, ref _written);
            if (at == _elements.Length)
            {
                Feed(ref sink);
                return _begin + _written == _length;
            }

            bool isMoreThanRoom = _length - _begin > room.Length;
            if (isMoreThanRoom && _written > room.Length - SnappyDecoder.Margin)
            {
                Slide(ref sink);
            }
            else if (!TryDecodeOne(room, ref at, ref sink))
            {
                return false;
            }
        }
    }

    /// <summary>Decodes one element with every check.</summary>
    private bool TryDecodeOne<TSink>(Span<byte> room, ref int at, ref TSink sink)
        where TSink : struct, IPieceSink
    {
        bool isLiteral = (_elements[at] & 3) == 0;
        int end = _begin + _written;
        if (!SnappyDecoder.TryReadTag(_elements, at, out int tagSize, out int size, out int offset)
            || size > _length - end)
        {
            return false;
        }

        at += tagSize;
        if (!isLiteral)
        {
            IsHistoryTooShort = offset > _written && offset <= end;
            _written += size;
            return SnappyDecoder.TryCopy(room, _written - size, offset, size);
        }

        if (size > _elements.Length - at)
        {
            return false;
        }

        CopyLiteral(_elements.Slice(at, size), ref sink);
        at += size;
        return true;
    }

    private void CopyLiteral<TSink>(ReadOnlySpan<byte> literal, ref TSink sink)
        where TSink : struct, IPieceSink
    {
        while (literal.Length > _memory.Length - _written)
        {
            int fitting = _memory.Length - _written;
            literal[..fitting].CopyTo(_memory[_written..]);
            _written += fitting;
            literal = literal[fitting..];
            Slide(ref sink);
        }

        literal.CopyTo(_memory[_written..]);
        _written += literal.Length;
    }

    private void Slide<TSink>(ref TSink sink)
        where TSink : struct, IPieceSink
    {
        Feed(ref sink);
        int kept = Math.Min(_history, _written);
        _memory.Slice(_written - kept, kept).CopyTo(_memory);
        _begin += _written - kept;
        _written = kept;
    }

    private void Feed<TSink>(ref TSink sink)
        where TSink : struct, IPieceSink
    {
        int from = Math.Max(_fed - _begin, 0);
        if (from < _written)
        {
            sink.Take(_memory[from.._written]);
            _fed = _begin + _written;
        }
    }
}
