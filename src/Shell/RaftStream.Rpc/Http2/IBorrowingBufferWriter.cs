using System.Buffers;

namespace RaftStream.Rpc.Http2;

/// <summary>A message's buffer that can also take large payloads by reference, so that they are sent from where they lie.</summary>
/// <remarks>
/// A marshaller asks for it with <see cref="BorrowingBufferWriterExtensions.WriteBorrowed(IBufferWriter{byte}, ReadOnlyMemory{byte})"/>,
/// which copies where the transport cannot borrow.
/// </remarks>
public interface IBorrowingBufferWriter : IBufferWriter<byte>
{
    /// <summary>Adds bytes to the message, large ones without copying them.</summary>
    /// <param name="memory">Must stay as it is until the write of the message completes.</param>
    void WriteBorrowed(ReadOnlyMemory<byte> memory);
}

/// <summary>Lets marshallers hand over large payloads without a copy, on transports that can.</summary>
public static class BorrowingBufferWriterExtensions
{
    /// <summary>Adds bytes to the message: by reference where the writer can, else by copy.</summary>
    /// <param name="memory">Must stay as it is until the write of the message completes.</param>
    public static void WriteBorrowed(this IBufferWriter<byte> output, ReadOnlyMemory<byte> memory)
    {
        if (output is IBorrowingBufferWriter borrowing)
        {
            borrowing.WriteBorrowed(memory);
        }
        else
        {
            output.Write(memory.Span);
        }
    }
}
