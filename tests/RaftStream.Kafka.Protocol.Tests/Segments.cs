using System.Buffers;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>Bytes in pieces, as a pipe hands them out.</summary>
internal static class Segments
{
    /// <summary>The bytes in random pieces, empty ones among them.</summary>
    public static ReadOnlySequence<byte> Split(ReadOnlyMemory<byte> bytes, Prng prng)
    {
        var first = new Piece(bytes[..Cut(bytes.Length, prng)], 0);
        Piece last = first;
        int at = first.Memory.Length;
        do
        {
            int size = Cut(bytes.Length - at, prng);
            last = last.Append(bytes.Slice(at, size));
            at += size;
        }
        while (at < bytes.Length);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static int Cut(int left, Prng prng) => Math.Min(left, prng.Next(20));

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long at)
        {
            Memory = memory;
            RunningIndex = at;
        }

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
