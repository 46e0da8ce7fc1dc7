namespace RaftStream.Records;

/// <summary>The headers of a record in place. Already checked: enumerating them cannot fail.</summary>
public readonly ref struct RecordHeaders
{
    private readonly ReadOnlySpan<byte> _encoded;

    internal RecordHeaders(ReadOnlySpan<byte> encoded, int count)
    {
        _encoded = encoded;
        Count = count;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The headers as they stand in the record, without their count.</summary>
    internal ReadOnlySpan<byte> Encoded => _encoded;

    /// <summary>Goes through them, first to last.</summary>
    public Enumerator GetEnumerator() => new(_encoded, Count);

    /// <summary>Goes through the headers of one record.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _encoded;
        private int _left;
        private int _position;

        internal Enumerator(ReadOnlySpan<byte> encoded, int count)
        {
            _encoded = encoded;
            _left = count;
        }

        /// <summary>The header that <see cref="MoveNext"/> came to.</summary>
        public RecordHeaderView Current { get; private set; }

        /// <summary>Steps to the next header.</summary>
        public bool MoveNext()
        {
            if (_left == 0 || !RecordParser.TryReadHeader(_encoded, ref _position, out RecordHeaderView header))
            {
                return false;
            }

            _left--;
            Current = header;
            return true;
        }
    }
}

/// <summary>One header in place: valid as long as the record's bytes.</summary>
public readonly ref struct RecordHeaderView
{
    internal RecordHeaderView(ReadOnlySpan<byte> key, OptionalBytes value)
    {
        Key = key;
        Value = value;
    }

    /// <summary>UTF-8; possibly empty.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The value, or null.</summary>
    public OptionalBytes Value { get; }
}
