using System.Buffers;

namespace RaftStream.Records;

/// <summary>One way to compress the records of a batch as a whole. Safe to use from several threads at once.</summary>
public interface ICompressionCodec
{
    /// <summary>The id in the batch's attributes.</summary>
    CompressionCodec Codec { get; }

    /// <summary>
    /// False when the native library that does the work is not installed; then every call answers so.
    /// </summary>
    bool IsAvailable { get; }

    /// <summary>Appends <paramref name="source"/>, compressed, to <paramref name="destination"/>.</summary>
    /// <param name="level">Effort in the codec's own scale; null is the codec's default.</param>
    RecordCheck Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level = null);

    /// <summary>Appends the decompressed <paramref name="source"/> to <paramref name="destination"/>.</summary>
    /// <param name="maxBytes">
    /// Most bytes that may come out; more ends in <see cref="RecordFault.DecompressedTooLarge"/>. Whatever sizes the
    /// source claims, no more than this is ever asked of the destination.
    /// </param>
    /// <returns>On a fault, what was appended has no meaning.</returns>
    RecordCheck Decompress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int maxBytes);
}
