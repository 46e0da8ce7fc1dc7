using System.Buffers;
using RaftStream.Model;

namespace RaftStream.Records.Tests;

/// <summary>Cuts bytes into a sequence of several pieces, as a pipe hands them out.</summary>
internal static class Pieces
{
    /// <summary>Pieces of random sizes from 0 to <paramref name="maxPiece"/>, each in memory of its own.</summary>
    public static ReadOnlySequence<byte> Of(ReadOnlySpan<byte> bytes, Prng prng, int maxPiece)
    {
        var first = new Piece([], before: null);
        Piece last = first;
        while (!bytes.IsEmpty)
        {
            int size = Math.Min(prng.Next(maxPiece + 1), bytes.Length);
            last = new Piece(bytes[..size].ToArray(), last);
            bytes = bytes[size..];
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>Two pieces that part at <paramref name="cut"/>.</summary>
    public static ReadOnlySequence<byte> Cut(ReadOnlySpan<byte> bytes, int cut)
    {
        var first = new Piece(bytes[..cut].ToArray(), before: null);
        var last = new Piece(bytes[cut..].ToArray(), first);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, Piece? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
