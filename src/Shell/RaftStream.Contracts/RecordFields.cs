using System.Buffers;
using RaftStream.Contracts.Wire;

namespace RaftStream.Contracts;

/// <summary>The <c>Record</c> messages inside a parsed message, walked in place: nothing is allocated.</summary>
public readonly ref struct RecordFields
{
    private readonly ReadOnlySequence<byte> _message;
    private readonly uint _tag;

    internal RecordFields(in ReadOnlySequence<byte> message, int fieldNumber)
    {
        _message = message;
        _tag = ((uint)fieldNumber << 3) | 2;
    }

    /// <summary>Starts at the first record.</summary>
    public Enumerator GetEnumerator() => new(_message, _tag);

    /// <summary>Steps from record to record.</summary>
    public ref struct Enumerator
    {
        private readonly uint _tag;
        private ProtoReader _reader;

        internal Enumerator(scoped in ReadOnlySequence<byte> message, uint tag)
        {
            _reader = new ProtoReader(message);
            _tag = tag;
        }

        /// <summary>The record that <see cref="MoveNext"/> found.</summary>
        public RecordField Current { get; private set; }

        /// <summary>Finds the next record; false at the end.</summary>
        public bool MoveNext()
        {
            while (_reader.TryReadTag(out uint tag))
            {
                if (tag == _tag)
                {
                    Current = RecordField.Parse(_reader.ReadBytes());
                    return true;
                }

                _reader.Skip(tag);
            }

            return false;
        }
    }
}

/// <summary>One <c>Record</c> message, read in place; its bytes are borrowed.</summary>
public readonly struct RecordField
{
    private const int HeadersField = 5;

    private readonly ReadOnlySequence<byte> _message;

    private RecordField(in ReadOnlySequence<byte> message) => _message = message;

    /// <summary>The record's offset; in requests without meaning.</summary>
    public long Offset { get; private init; }

    /// <summary>Milliseconds since 1970-01-01 UTC; 0 in a request is "the time of arrival".</summary>
    public long TimestampMs { get; private init; }

    /// <summary>The key; null when <see cref="HasKey"/> is false.</summary>
    public ReadOnlySequence<byte> Key { get; private init; }

    /// <summary>False is a null key, which is not an empty one.</summary>
    public bool HasKey { get; private init; }

    /// <summary>The value; null when <see cref="HasValue"/> is false.</summary>
    public ReadOnlySequence<byte> Value { get; private init; }

    /// <summary>False is a null value: on a compacted topic a tombstone.</summary>
    public bool HasValue { get; private init; }

    /// <summary>Number of headers.</summary>
    public int HeaderCount { get; private init; }

    /// <summary>The headers, in the order sent.</summary>
    public HeaderFields Headers => new(_message, HeaderCount);

    /// <summary>Reads one message.</summary>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>Record</c>.</exception>
    public static RecordField Parse(in ReadOnlySequence<byte> message)
    {
        var reader = new ProtoReader(message);
        long offset = 0;
        long timestampMs = 0;
        int headers = 0;
        bool hasKey = false;
        bool hasValue = false;
        ReadOnlySequence<byte> key = default;
        ReadOnlySequence<byte> value = default;
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case 1 << 3: offset = reader.ReadInt64(); break;
                case 2 << 3: timestampMs = reader.ReadInt64(); break;
                case (3 << 3) | 2: (key, hasKey) = (reader.ReadBytes(), true); break;
                case (4 << 3) | 2: (value, hasValue) = (reader.ReadBytes(), true); break;
                case (HeadersField << 3) | 2:
                    HeaderField.Parse(reader.ReadBytes());
                    headers++;
                    break;
                default: reader.Skip(tag); break;
            }
        }

        return new RecordField(message)
        {
            Offset = offset,
            TimestampMs = timestampMs,
            Key = key,
            HasKey = hasKey,
            Value = value,
            HasValue = hasValue,
            HeaderCount = headers,
        };
    }

    internal static void Check(in ReadOnlySequence<byte> message) => Parse(message);

    /// <summary>The <c>Header</c> messages of a record, walked in place.</summary>
    public readonly ref struct HeaderFields(ReadOnlySequence<byte> message, int count)
    {
        private readonly ReadOnlySequence<byte> _message = message;
        private readonly int _count = count;

        /// <summary>Starts at the first header.</summary>
        public Enumerator GetEnumerator() => new(_message, _count);

        /// <summary>Steps from header to header.</summary>
        public ref struct Enumerator(ReadOnlySequence<byte> message, int count)
        {
            private ProtoReader _reader = new(message);
            private int _left = count;

            /// <summary>The header that <see cref="MoveNext"/> found.</summary>
            public HeaderField Current { get; private set; }

            /// <summary>Finds the next header; false at the end.</summary>
            public bool MoveNext()
            {
                while (_left > 0 && _reader.TryReadTag(out uint tag))
                {
                    if (tag == ((HeadersField << 3) | 2))
                    {
                        Current = HeaderField.Parse(_reader.ReadBytes());
                        _left--;
                        return true;
                    }

                    _reader.Skip(tag);
                }

                return false;
            }
        }
    }
}

/// <summary>One <c>Header</c> message, read in place; its bytes are borrowed.</summary>
public readonly struct HeaderField
{
    /// <summary>The key in UTF-8.</summary>
    public ReadOnlySequence<byte> Key { get; private init; }

    /// <summary>The value; null when <see cref="HasValue"/> is false.</summary>
    public ReadOnlySequence<byte> Value { get; private init; }

    /// <summary>False is a null value.</summary>
    public bool HasValue { get; private init; }

    /// <summary>Reads one message.</summary>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>Header</c>.</exception>
    public static HeaderField Parse(in ReadOnlySequence<byte> message)
    {
        var reader = new ProtoReader(message);
        bool hasValue = false;
        ReadOnlySequence<byte> key = default;
        ReadOnlySequence<byte> value = default;
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case (1 << 3) | 2: key = reader.ReadBytes(); break;
                case (2 << 3) | 2: (value, hasValue) = (reader.ReadBytes(), true); break;
                default: reader.Skip(tag); break;
            }
        }

        return new HeaderField { Key = key, Value = value, HasValue = hasValue };
    }
}
