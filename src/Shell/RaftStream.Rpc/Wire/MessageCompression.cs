using System.Buffers;
using System.IO.Compression;
using Grpc.Core;

namespace RaftStream.Rpc.Wire;

/// <summary>gzip of single messages, the one encoding that every gRPC implementation knows.</summary>
internal static class MessageCompression
{
    /// <summary>Compresses <paramref name="message"/> into <paramref name="output"/>.</summary>
    public static void Compress(in ReadOnlySequence<byte> message, PooledBuffer output)
    {
        using var sink = new BufferWriterStream(output);
        using var gzip = new GZipStream(sink, CompressionLevel.Fastest, leaveOpen: true);
        foreach (ReadOnlyMemory<byte> part in message)
        {
            gzip.Write(part.Span);
        }
    }

    /// <summary>Unpacks <paramref name="message"/> into <paramref name="output"/>, never more than the limit.</summary>
    /// <exception cref="RpcException">ResourceExhausted: more than <paramref name="maxMessageBytes"/> come out. Internal: not gzip.</exception>
    public static void Decompress(in ReadOnlySequence<byte> message, int maxMessageBytes, PooledBuffer output)
    {
        using var source = new SequenceStream(message);
        using var gzip = new GZipStream(source, CompressionMode.Decompress);
        try
        {
            int read;
            while ((read = gzip.Read(output.GetSpan(1024))) > 0)
            {
                output.Advance(read);
                if (output.Length > maxMessageBytes)
                {
                    throw MessageFrame.TooLarge(output.Length, maxMessageBytes);
                }
            }
        }
        catch (InvalidDataException exception)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message marked as gzip is not gzip.", exception));
        }
    }
}
