using System.Buffers;
using System.Text;

namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>Writes header blocks that leave no state behind: static indexes and plain literals (RFC 7541 §6).</summary>
/// <remarks>
/// A request has a handful of short headers, so that the peer's dynamic table would save little, and a stateless
/// encoder lets any thread write a block at any time.
/// </remarks>
internal static class HpackEncoder
{
    /// <summary>Appends one line: its index when the static table has it whole, else a literal.</summary>
    /// <param name="value">Latin-1; other characters become '?'.</param>
    /// <param name="sensitive">True marks the literal "never indexed", so that no proxy remembers it (§7.1.3).</param>
    public static void Write(IBufferWriter<byte> output, string name, string value, bool sensitive = false)
    {
        int whole = HpackStaticTable.IndexOf(name, value);
        if (whole > 0 && !sensitive)
        {
            WriteInteger(output, whole, prefixBits: 7, flags: 0x80);
            return;
        }

        int nameIndex = HpackStaticTable.IndexOfName(name);
        WriteInteger(output, nameIndex, prefixBits: 4, flags: sensitive ? (byte)0x10 : (byte)0x00);
        if (nameIndex == 0)
        {
            WriteString(output, name);
        }

        WriteString(output, value);
    }

    private static void WriteInteger(IBufferWriter<byte> output, int value, int prefixBits, byte flags)
    {
        Span<byte> span = output.GetSpan(HpackInteger.MaxBytes);
        output.Advance(HpackInteger.Write(span, value, prefixBits, flags));
    }

    private static void WriteString(IBufferWriter<byte> output, string text)
    {
        WriteInteger(output, text.Length, prefixBits: 7, flags: 0);
        Span<byte> span = output.GetSpan(Math.Max(1, text.Length));
        output.Advance(Encoding.Latin1.GetBytes(text, span));
    }
}
