using System.Buffers;
using RaftStream.Contracts;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Broker.Fetching;

/// <summary>File bytes of a log on their way into a gRPC answer, to a client or a follower: read straight into the transport's memory. Reusable.</summary>
/// <remarks>Does not own the slice.</remarks>
public sealed class SlicePayload : IBatchPayload
{
    /// <summary>What is sent; set it before the answer is written, release it after.</summary>
    public LogSlice Slice { get; set; }

    /// <inheritdoc/>
    public int Length => Slice.Length;

    /// <inheritdoc/>
    public void CopyTo(IBufferWriter<byte> output)
    {
        int at = 0;
        while (at < Length)
        {
            Span<byte> memory = output.GetSpan();
            int copied = Slice.CopyTo(memory[..Math.Min(memory.Length, Length - at)], at);
            Invariant.Check(copied > 0);
            output.Advance(copied);
            at += copied;
        }
    }
}
