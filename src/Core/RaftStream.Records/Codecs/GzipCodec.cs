// GZipStream is the framework's only way to zlib, and it wants streams. Those here read and write memory: no I/O.
#pragma warning disable RS0030
using System.Buffers;
using System.IO.Compression;

namespace RaftStream.Records.Codecs;

/// <summary>gzip (RFC 1952) by the framework's zlib.</summary>
/// <remarks>The one codec that allocates: a few hundred bytes of streams per batch.</remarks>
internal sealed class GzipCodec : ICompressionCodec
{
    private const int DefaultLevel = 6;
    private const int SmallestChunk = 4096;

    public CompressionCodec Codec => CompressionCodec.Gzip;

    public bool IsAvailable => true;

    public RecordCheck Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level = null)
    {
        var options = new ZLibCompressionOptions { CompressionLevel = Math.Clamp(level ?? DefaultLevel, 0, 9) };
        using var gzip = new GZipStream(new BufferWriterStream(destination), options);
        gzip.Write(source);
        return RecordCheck.Valid;
    }

    public unsafe RecordCheck Decompress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int maxBytes)
    {
        if (source.IsEmpty)
        {
            return RecordCheck.Valid; // what GZipStream writes for nothing
        }

        fixed (byte* pinned = source)
        {
            var memory = new UnmanagedMemoryStream(pinned, source.Length);
            using var gzip = new GZipStream(memory, CompressionMode.Decompress);
            try
            {
                return Decompress(gzip, source.Length, destination, maxBytes);
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException)
            {
                return new RecordCheck(RecordFault.DecompressionFailed);
            }
        }
    }

    /// <inheritdoc cref="CompressionCodecs.Decompress{TSink}"/>
    public static unsafe RecordCheck Decompress<TSink>(ReadOnlySpan<byte> source, ref TSink sink, int maxBytes)
        where TSink : struct, IPieceSink
    {
        if (source.IsEmpty)
        {
            return RecordCheck.Valid;
        }

        using var memory = new DecompressionMemory(DecompressionMemory.WindowBytes);
        fixed (byte* pinned = source)
        {
            var stream = new UnmanagedMemoryStream(pinned, source.Length);
            using var gzip = new GZipStream(stream, CompressionMode.Decompress);
            try
            {
                return Decompress(gzip, memory.Span, ref sink, maxBytes);
            }
            catch (Exception exception) when (exception is InvalidDataException or IOException)
            {
                return new RecordCheck(RecordFault.DecompressionFailed);
            }
        }
    }

    private static RecordCheck Decompress<TSink>(GZipStream gzip, Span<byte> window, ref TSink sink, int maxBytes)
        where TSink : struct, IPieceSink
    {
        int left = maxBytes;
        while (left > 0)
        {
            int read = gzip.Read(window[..Math.Min(window.Length, left)]);
            if (read == 0)
            {
                return RecordCheck.Valid;
            }

            sink.Take(window[..read]);
            left -= read;
        }

        return gzip.ReadByte() < 0 ? RecordCheck.Valid : new RecordCheck(RecordFault.DecompressedTooLarge);
    }

    private static RecordCheck Decompress(
        GZipStream gzip, int sourceSize, IBufferWriter<byte> destination, int maxBytes)
    {
        int chunk = (int)Math.Clamp(4L * sourceSize, SmallestChunk, int.MaxValue);
        int total = 0;
        while (total < maxBytes)
        {
            Span<byte> room = destination.GetSpan(Math.Min(chunk, maxBytes - total));
            int read = gzip.Read(room[..Math.Min(room.Length, maxBytes - total)]);
            if (read == 0)
            {
                return RecordCheck.Valid;
            }

            destination.Advance(read);
            total += read;
            chunk = SmallestChunk; // from here on the destination's own growth decides
        }

        return gzip.ReadByte() < 0 ? RecordCheck.Valid : new RecordCheck(RecordFault.DecompressedTooLarge);
    }

    /// <summary>What GZipStream writes to: the destination.</summary>
    private sealed class BufferWriterStream(IBufferWriter<byte> destination) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer) => destination.Write(buffer);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
