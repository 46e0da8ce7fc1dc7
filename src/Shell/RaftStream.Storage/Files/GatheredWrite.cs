using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RaftStream.Storage.Files;

/// <summary>Writes a header and a sequence with one pwritev, allocating nothing.</summary>
/// <remarks>
/// <c>RandomAccess.Write(handle, list, offset)</c> allocates a pin array and needs a list per call; this pins on the
/// stack. A batch that Kestrel received in 64-KiB blocks has two to five pieces.
/// </remarks>
internal static class GatheredWrite
{
    private const int MaxPieces = 32;

    [InlineArray(MaxPieces)]
    private struct Pins
    {
        private MemoryHandle _first;
    }

    [InlineArray(MaxPieces + 1)]
    private struct Vectors
    {
        private LibC.IoVector _first;
    }

    /// <summary>Writes everything or throws; returns the bytes written.</summary>
    internal static unsafe void Write(SafeHandle file, ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, long position)
    {
        if (rest.IsSingleSegment)
        {
            WritePair(file, head, rest.FirstSpan, position);
            return;
        }

        SequencePosition next = rest.Start;
        while (true)
        {
            bool more = WriteSome(file, head, rest, ref next, ref position);
            if (!more)
            {
                return;
            }

            head = [];
        }
    }

    private static unsafe void WritePair(SafeHandle file, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, long position)
    {
        fixed (byte* headStart = head)
        fixed (byte* restStart = rest)
        {
            LibC.IoVector* vectors = stackalloc LibC.IoVector[2];
            vectors[0] = new LibC.IoVector { Start = headStart, Length = (nuint)head.Length };
            vectors[1] = new LibC.IoVector { Start = restStart, Length = (nuint)rest.Length };
            WriteAll(file, vectors, 2, position);
        }
    }

    /// <summary>Writes the head and as many pieces as fit into one call; false when none are left.</summary>
    [SkipLocalsInit]
    private static unsafe bool WriteSome(
        SafeHandle file, ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, ref SequencePosition next, ref long position)
    {
        Pins pins = default;
        Vectors vectors = default;
        int pinned = 0;
        long bytes = head.Length;
        bool more = true;
        try
        {
            fixed (byte* headStart = head)
            {
                vectors[0] = new LibC.IoVector { Start = headStart, Length = (nuint)head.Length };
                while (pinned < MaxPieces && (more = rest.TryGet(ref next, out ReadOnlyMemory<byte> piece)))
                {
                    MemoryHandle pin = piece.Pin();
                    pins[pinned++] = pin;
                    vectors[pinned] = new LibC.IoVector { Start = (byte*)pin.Pointer, Length = (nuint)piece.Length };
                    bytes += piece.Length;
                }

                if (bytes > 0)
                {
                    WriteAll(file, (LibC.IoVector*)Unsafe.AsPointer(ref vectors), pinned + 1, position);
                }
            }
        }
        finally
        {
            for (int i = 0; i < pinned; i++)
            {
                pins[i].Dispose();
            }
        }

        position += bytes;
        return more;
    }

    private static unsafe void WriteAll(SafeHandle file, LibC.IoVector* vectors, int count, long position)
    {
        while (true)
        {
            while (count > 0 && vectors->Length == 0)
            {
                vectors++;
                count--;
            }

            if (count == 0)
            {
                return;
            }

            long written = LibC.WriteVectored(file, vectors, count, position);
            if (written <= 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (written < 0 && error == LibC.Interrupted)
                {
                    continue;
                }

                throw SystemErrors.FromErrno("write", error);
            }

            // A short write: the disk is nearly full, or the call was interrupted. The rest follows or fails plainly.
            position += written;
            while (count > 0 && written >= (long)vectors->Length)
            {
                written -= (long)vectors->Length;
                vectors++;
                count--;
            }

            if (count > 0)
            {
                vectors->Start += written;
                vectors->Length -= (nuint)written;
            }
        }
    }
}
