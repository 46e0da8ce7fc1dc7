using System.Runtime.CompilerServices;

namespace RaftStream.Records;

/// <summary>
/// Where the fields of one record lie; positions count from the front of the bytes it was parsed from.
/// </summary>
internal struct RecordLayout
{
    public long TimestampDelta;
    public int OffsetDelta;
    public int KeyAt;
    public int KeyLength;
    public int ValueAt;
    public int ValueLength;
    public int HeadersAt;
    public int HeaderCount;
}

/// <summary>Takes records apart that lie in one piece.</summary>
/// <remarks>
/// <code>
/// record:  length varint | attributes int8 | timestamp delta varlong | offset delta varint
///          | key length varint, -1 null | key | value length varint, -1 null | value
///          | header count varint | headers
/// header:  key length varint | key | value length varint, -1 null | value
/// </code>
/// </remarks>
internal static class RecordParser
{
    /// <summary>Fewest bytes a record's length can count: six one-byte fields.</summary>
    public const int MinRecordLength = 6;

    /// <summary>Reads the record at <paramref name="position"/> and steps over it.</summary>
    /// <returns><see cref="RecordFault.None"/>, or what is wrong; the position then has no meaning.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RecordFault Parse(ReadOnlySpan<byte> source, scoped ref int position, out RecordLayout layout)
    {
        Unsafe.SkipInit(out layout);
        if (!Varint.TryRead(source, ref position, out int length))
        {
            return RecordFault.BadVarint;
        }

        if (length < MinRecordLength || length > source.Length - position)
        {
            return RecordFault.BadRecordLength;
        }

        return ParseBody(source[..(position + length)], ref position, out layout);
    }

    /// <summary>Reads the fields after the length, up to the end of <paramref name="source"/> exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RecordFault ParseBody(ReadOnlySpan<byte> source, scoped ref int position, out RecordLayout layout)
    {
        Unsafe.SkipInit(out layout);
        int at = position + 1; // the record's attributes, none of which has a meaning yet
        if (!Varint.TryRead(source, ref at, out layout.TimestampDelta)
            || !Varint.TryRead(source, ref at, out layout.OffsetDelta)
            || !Varint.TryRead(source, ref at, out layout.KeyLength))
        {
            return RecordFault.BadVarint;
        }

        layout.KeyAt = at;
        if (!TrySkip(source, ref at, layout.KeyLength))
        {
            return RecordFault.BadRecordField;
        }

        if (!Varint.TryRead(source, ref at, out layout.ValueLength))
        {
            return RecordFault.BadVarint;
        }

        layout.ValueAt = at;
        if (!TrySkip(source, ref at, layout.ValueLength))
        {
            return RecordFault.BadRecordField;
        }

        if (!Varint.TryRead(source, ref at, out layout.HeaderCount))
        {
            return RecordFault.BadVarint;
        }

        layout.HeadersAt = at;
        position = source.Length;
        if (layout.HeaderCount == 0)
        {
            return at == source.Length ? RecordFault.None : RecordFault.BadRecordField;
        }

        return CheckHeaders(source, at, layout.HeaderCount);
    }

    /// <summary>Reads the header at <paramref name="position"/> and steps over it.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, scoped ref int position, out RecordHeaderView header)
    {
        header = default;
        if (!Varint.TryRead(source, ref position, out int keyLength) || keyLength < 0)
        {
            return false;
        }

        int keyAt = position;
        if (!TrySkip(source, ref position, keyLength) || !Varint.TryRead(source, ref position, out int valueLength))
        {
            return false;
        }

        int valueAt = position;
        if (!TrySkip(source, ref position, valueLength))
        {
            return false;
        }

        header = new RecordHeaderView(source.Slice(keyAt, keyLength), Optional(source, valueAt, valueLength));
        return true;
    }

    /// <summary>The bytes of a key or value whose length field is <paramref name="length"/>.</summary>
    public static OptionalBytes Optional(ReadOnlySpan<byte> source, int at, int length) =>
        length < 0 ? default : new OptionalBytes(source.Slice(at, length));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RecordFault CheckHeaders(ReadOnlySpan<byte> source, int at, int count)
    {
        // A lie of two billion costs nothing: it ends where the bytes do, and every header takes two.
        if (count < 0)
        {
            return RecordFault.BadHeaders;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryReadHeader(source, ref at, out _))
            {
                return RecordFault.BadHeaders;
            }
        }

        return at == source.Length ? RecordFault.None : RecordFault.BadRecordField;
    }

    /// <summary>Steps over <paramref name="length"/> bytes; -1 is null and takes none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TrySkip(ReadOnlySpan<byte> source, scoped ref int position, int length)
    {
        if (length <= 0)
        {
            return length >= -1;
        }

        if (length > source.Length - position)
        {
            return false;
        }

        position += length;
        return true;
    }
}
