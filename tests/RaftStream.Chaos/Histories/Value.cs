using System.Buffers.Text;
using System.Globalization;

namespace RaftStream.Chaos.Histories;

/// <summary>What a record carries: written once in the whole run, so that every copy of it is recognised.</summary>
/// <param name="Producer">Number of the producer, from 0.</param>
/// <param name="Sequence">Number of the value, in the order in which that producer sends, from 0.</param>
internal readonly record struct Value(int Producer, long Sequence)
{
    /// <summary>The bytes of the record: <c>producer:sequence</c> and a line of dots up to the size.</summary>
    public byte[] ToBytes(int size)
    {
        byte[] text = System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{this}|"));
        byte[] bytes = new byte[Math.Max(size, text.Length)];
        bytes.AsSpan().Fill((byte)'.');
        text.CopyTo(bytes, 0);
        return bytes;
    }

    /// <summary>The value in a record's bytes; null when it is not one of ours, or was damaged.</summary>
    public static Value? TryParse(ReadOnlySpan<byte> bytes)
    {
        int colon = bytes.IndexOf((byte)':');
        int bar = bytes.IndexOf((byte)'|');
        return colon > 0 && bar > colon
            && Utf8Parser.TryParse(bytes[..colon], out int producer, out int producerLength) && producerLength == colon
            && Utf8Parser.TryParse(bytes[(colon + 1)..bar], out long sequence, out int length) && length == bar - colon - 1
            && bytes[(bar + 1)..].IndexOfAnyExcept((byte)'.') < 0
                ? new Value(producer, sequence)
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Producer}:{Sequence}");
}
