using System.ComponentModel;
using System.Runtime.InteropServices;

namespace RaftStream.Cli.Output;

/// <summary>Standard output as it is: every write is one <c>write(2)</c>, unbuffered.</summary>
/// <remarks>
/// The framework's console stream swallows a broken pipe, so that <c>consume --follow | head</c> would never end; a
/// FileStream writes by position, so that two commands in one redirected shell group would overwrite each other.
/// </remarks>
internal sealed partial class StandardOutput : Stream
{
    private const int FileDescriptor = 1;
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int BrokenPipe = 32;
    private const short PollOut = 4;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Writes all bytes.</summary>
    /// <exception cref="BrokenPipeException">The reader has gone.</exception>
    /// <exception cref="IOException">Anything else, a full disk for example.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = WriteBytes(FileDescriptor, buffer, (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            WaitOrThrow(Marshal.GetLastPInvokeError());
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private static void WaitOrThrow(int error)
    {
        switch (error)
        {
            case Interrupted:
                return;
            case WouldBlock:
                // Somebody made the terminal or pipe non-blocking for all who share it.
                var wait = new PollEntry { FileDescriptor = FileDescriptor, Events = PollOut };
                _ = Poll(ref wait, 1, -1);
                return;
            case BrokenPipe:
                throw new BrokenPipeException();
            default:
                throw new IOException($"Cannot write the output: {new Win32Exception(error).Message}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteBytes(int fileDescriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entry, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int FileDescriptor;
        public short Events;
        public short ReturnedEvents;
    }
}
