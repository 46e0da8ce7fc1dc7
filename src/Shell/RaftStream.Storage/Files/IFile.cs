using System.Buffers;
using System.Runtime.InteropServices;

namespace RaftStream.Storage.Files;

/// <summary>One open file: positional and synchronous; no shared cursor.</summary>
/// <remarks>
/// Readers may run beside one writer and beside <see cref="Flush"/>. Failures are <see cref="StorageException"/>s.
/// Disposing while another thread reads is the caller's bug: segments count their readers.
/// </remarks>
public interface IFile : IDisposable
{
    /// <summary>Bytes in the file now, flushed or not.</summary>
    long Length { get; }

    /// <summary>Reads until <paramref name="destination"/> is full or the file ends; returns the bytes read.</summary>
    int Read(Span<byte> destination, long position);

    /// <summary>Has the kernel send bytes of the file to a socket that does not block, without bringing them into this process.</summary>
    /// <returns>Bytes sent; 0 when the socket takes none now; -1 when this file cannot do so, or the socket failed: read and send instead.</returns>
    int SendTo(SafeHandle socket, long position, int count) => -1;

    /// <summary>Writes all bytes at <paramref name="position"/>, growing the file when needed.</summary>
    void Write(ReadOnlySpan<byte> source, long position);

    /// <summary>Writes <paramref name="head"/> and then <paramref name="rest"/> with one vectored system call (more only for very many pieces).</summary>
    /// <remarks>Allocates nothing; both are only read, and only during the call.</remarks>
    void Write(ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, long position);

    /// <summary>Cuts the file or extends it with zeros. Durable after <see cref="Flush"/>.</summary>
    void SetLength(long length);

    /// <summary>Asks for disk space up to <paramref name="length"/> without changing <see cref="Length"/>; a hint that may do nothing.</summary>
    void Preallocate(long length);

    /// <summary>Makes the bytes and the length durable (fdatasync). After a failure nothing about the file is known (P27).</summary>
    void Flush();
}
