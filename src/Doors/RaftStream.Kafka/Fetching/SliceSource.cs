using RaftStream.Storage;

namespace RaftStream.Kafka.Fetching;

/// <summary>File bytes of a log that fill a hole of an answer (<see cref="Protocol.WireBytes.Hole"/>). Reusable; does not own the slice.</summary>
internal sealed class SliceSource
{
    /// <summary>What is sent; set it before the answer is given, release it after it was sent.</summary>
    public LogSlice Slice { get; set; }
}
