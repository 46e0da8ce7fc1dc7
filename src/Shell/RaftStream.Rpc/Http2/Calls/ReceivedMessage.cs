using RaftStream.Rpc.Http2.Buffers;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>One whole message as it came, in one piece. Whoever holds it has one count of the buffer.</summary>
/// <param name="Buffer">Where it lies; null for an empty message.</param>
/// <param name="IsShared">True when other messages may lie in the same buffer.</param>
internal readonly record struct ReceivedMessage(CountedBuffer? Buffer, int Offset, int Length, bool IsCompressed, bool IsShared)
{
    /// <summary>The message; valid until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Memory => Buffer is null ? default : Buffer.Array.AsMemory(Offset, Length);

    /// <summary>Gives the memory back.</summary>
    public void Release() => Buffer?.Release();
}
