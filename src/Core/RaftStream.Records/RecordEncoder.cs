using System.Runtime.CompilerServices;

namespace RaftStream.Records;

/// <summary>Writes the parts of a record; the picture is in <see cref="RecordParser"/>.</summary>
internal static class RecordEncoder
{
    /// <summary>Bytes of a record after its length and before its first header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long SizeOf(
        long timestampDelta, int offsetDelta, OptionalBytes key, OptionalBytes value, int headerCount) =>
        1L + Varint.SizeOf(timestampDelta) + Varint.SizeOf(offsetDelta)
        + Varint.SizeOf(key.EncodedLength) + key.Length
        + Varint.SizeOf(value.EncodedLength) + value.Length
        + Varint.SizeOf(headerCount);

    /// <summary>Writes what <see cref="SizeOf(long, int, OptionalBytes, OptionalBytes, int)"/> measures.</summary>
    /// <returns>Bytes written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(
        Span<byte> destination,
        long timestampDelta,
        int offsetDelta,
        OptionalBytes key,
        OptionalBytes value,
        int headerCount)
    {
        destination[0] = 0;
        int at = 1;
        at += Varint.Write(destination[at..], timestampDelta);
        at += Varint.Write(destination[at..], offsetDelta);
        at += Write(destination[at..], key);
        at += Write(destination[at..], value);
        at += Varint.Write(destination[at..], headerCount);
        return at;
    }

    /// <summary>Bytes of the headers, without their count.</summary>
    public static long SizeOf(ReadOnlySpan<RecordHeader> headers)
    {
        long size = 0;
        foreach (ref readonly RecordHeader header in headers)
        {
            size += Varint.SizeOf(header.Key.Length) + header.Key.Length;
            size += Varint.SizeOf(header.IsValueNull ? -1 : header.Value.Length) + header.Value.Length;
        }

        return size;
    }

    /// <summary>Writes what <see cref="SizeOf(ReadOnlySpan{RecordHeader})"/> measures.</summary>
    public static void Write(Span<byte> destination, ReadOnlySpan<RecordHeader> headers)
    {
        int at = 0;
        foreach (ref readonly RecordHeader header in headers)
        {
            at += Write(destination[at..], new OptionalBytes(header.Key.Span));
            at += Write(destination[at..], header.IsValueNull ? default : new OptionalBytes(header.Value.Span));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Write(Span<byte> destination, OptionalBytes bytes)
    {
        int at = Varint.Write(destination, bytes.EncodedLength);
        bytes.Span.CopyTo(destination[at..]);
        return at + bytes.Length;
    }
}
