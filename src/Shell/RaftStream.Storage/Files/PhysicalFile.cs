using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftStream.Storage.Files;

/// <summary>A file of the operating system: pread, pwrite, pwritev, fdatasync.</summary>
internal sealed class PhysicalFile(SafeFileHandle handle, string path) : IFile
{
    public long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(handle);
            }
            catch (Exception exception) when (SystemErrors.IsFileError(exception))
            {
                throw SystemErrors.FromException("length", path, exception);
            }
        }
    }

    public int Read(Span<byte> destination, long position)
    {
        try
        {
            int total = 0;
            while (total < destination.Length)
            {
                int read = RandomAccess.Read(handle, destination[total..], position + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }
        catch (Exception exception) when (SystemErrors.IsFileError(exception))
        {
            throw SystemErrors.FromException("read", path, exception);
        }
    }

    public int SendTo(SafeHandle socket, long position, int count)
    {
        if (!OperatingSystem.IsLinux())
        {
            return -1;
        }

        while (true)
        {
            nint sent = LibC.SendFile(socket, handle, ref position, count);
            if (sent >= 0)
            {
                return sent == 0 ? -1 : (int)sent; // the file ends: whoever reads instead finds out
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case LibC.Interrupted:
                    continue;
                case LibC.TryAgain:
                    return 0;
                default:
                    return -1;
            }
        }
    }

    public void Write(ReadOnlySpan<byte> source, long position)
    {
        try
        {
            RandomAccess.Write(handle, source, position);
        }
        catch (Exception exception) when (SystemErrors.IsFileError(exception))
        {
            throw SystemErrors.FromException("write", path, exception);
        }
    }

    public void Write(ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, long position)
    {
        if (OperatingSystem.IsLinux())
        {
            GatheredWrite.Write(handle, head, rest, position);
            return;
        }

        Write(head, position);
        position += head.Length;
        foreach (ReadOnlyMemory<byte> piece in rest)
        {
            Write(piece.Span, position);
            position += piece.Length;
        }
    }

    public void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (Exception exception) when (SystemErrors.IsFileError(exception))
        {
            throw SystemErrors.FromException("truncate", path, exception);
        }
    }

    public void Preallocate(long length)
    {
        // Refused by some file systems, and no room is no reason to fail yet: a hint.
        if (OperatingSystem.IsLinux())
        {
            _ = LibC.Allocate(handle, LibC.KeepSize, 0, length);
        }
    }

    public void Flush()
    {
        if (OperatingSystem.IsLinux())
        {
            // fdatasync writes the length too when it changed, but no timestamps: cheaper than fsync on each commit.
            if (LibC.DataSync(handle) != 0)
            {
                throw SystemErrors.FromErrno("fdatasync", Marshal.GetLastPInvokeError(), path);
            }

            return;
        }

        try
        {
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception exception) when (SystemErrors.IsFileError(exception))
        {
            throw SystemErrors.FromException("flush", path, exception);
        }
    }

    public void Dispose() => handle.Dispose();
}
