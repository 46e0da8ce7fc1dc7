using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace RaftStream.Rpc.Wire;

/// <summary>The frame around each message.</summary>
/// <remarks>
/// <code>
/// +------------------+--------------------------+-------------------+
/// | compressed? (1)  | length (4, big endian)   | message (length)  |
/// +------------------+--------------------------+-------------------+
/// </code>
/// </remarks>
internal static class MessageFrame
{
    /// <summary>Bytes before the message.</summary>
    public const int PrefixBytes = 5;

    /// <summary>Takes one message off the front of <paramref name="input"/>; copies nothing.</summary>
    /// <param name="maxMessageBytes">Limit that the announced length is held against before anything else happens.</param>
    /// <param name="message">Borrows the memory of <paramref name="input"/>.</param>
    /// <returns>False when more bytes are needed; <paramref name="input"/> is then unchanged.</returns>
    /// <exception cref="RpcException">ResourceExhausted: the announced length is above the limit. Internal: not a gRPC frame.</exception>
    public static bool TryRead(
        ref ReadOnlySequence<byte> input, int maxMessageBytes, out bool compressed, out ReadOnlySequence<byte> message)
    {
        compressed = false;
        message = default;
        if (input.Length < PrefixBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> prefix = input.FirstSpan;
        if (prefix.Length < PrefixBytes)
        {
            Span<byte> joined = stackalloc byte[PrefixBytes];
            input.Slice(0, PrefixBytes).CopyTo(joined);
            Parse(joined, maxMessageBytes, out compressed, out uint joinedLength);
            return TrySlice(ref input, joinedLength, out message);
        }

        Parse(prefix, maxMessageBytes, out compressed, out uint length);
        return TrySlice(ref input, length, out message);
    }

    /// <summary>The announced length in a prefix.</summary>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public static int ReadLength(ReadOnlySpan<byte> prefix, int maxMessageBytes)
    {
        Parse(prefix, maxMessageBytes, out _, out uint length);
        return (int)length;
    }

    /// <summary>Writes the prefix into the first <see cref="PrefixBytes"/> bytes of <paramref name="destination"/>.</summary>
    public static void WritePrefix(Span<byte> destination, bool compressed, int messageBytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination.Slice(1, sizeof(int)), messageBytes);
        destination[0] = compressed ? (byte)1 : (byte)0;
    }

    private static bool TrySlice(ref ReadOnlySequence<byte> input, uint length, out ReadOnlySequence<byte> message)
    {
        if (input.Length - PrefixBytes < length)
        {
            message = default;
            return false;
        }

        message = input.Slice(PrefixBytes, length);
        input = input.Slice(message.End);
        return true;
    }

    private static void Parse(ReadOnlySpan<byte> prefix, int maxMessageBytes, out bool compressed, out uint length)
    {
        if (prefix[0] > 1)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"A message begins with the byte {prefix[0]}; 0 or 1 was expected."));
        }

        compressed = prefix[0] == 1;
        length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (uint)maxMessageBytes)
        {
            throw TooLarge(length, maxMessageBytes);
        }
    }

    /// <summary>The failure of a received message above the limit.</summary>
    public static RpcException TooLarge(long bytes, int maxMessageBytes) => new(new Status(
        StatusCode.ResourceExhausted, $"A received message has {bytes} bytes; the limit is {maxMessageBytes}."));
}
