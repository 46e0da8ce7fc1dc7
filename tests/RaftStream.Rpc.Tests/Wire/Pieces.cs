using System.Buffers;

namespace RaftStream.Rpc.Tests.Wire;

/// <summary>Bytes as a sequence of many small pieces, as they come out of a pipe.</summary>
internal static class Pieces
{
    public static ReadOnlySequence<byte> Of(byte[] bytes, int pieceBytes)
    {
        Piece? first = null;
        Piece? last = null;
        for (int at = 0; at < bytes.Length || first is null; at += pieceBytes)
        {
            var piece = new Piece(bytes.AsMemory(at, Math.Min(pieceBytes, bytes.Length - at)), at);
            last?.Append(piece);
            first ??= piece;
            last = piece;
        }

        return new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public void Append(Piece next) => Next = next;
    }
}
