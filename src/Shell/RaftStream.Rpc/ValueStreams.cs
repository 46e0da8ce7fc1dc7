using Grpc.Core;

namespace RaftStream.Rpc;

/// <summary>A stream of messages that can be read without allocating; all readers of this runtime are one.</summary>
public interface IValueStreamReader<out T> : IAsyncStreamReader<T>
{
    /// <summary>As <see cref="IAsyncStreamReader{T}.MoveNext"/>; await the answer once and at once, it is reused.</summary>
    ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default);
}

/// <summary>A stream that takes messages without allocating; all writers of this runtime are one.</summary>
/// <remarks>One call at a time, as for <see cref="IAsyncStreamWriter{T}"/>.</remarks>
public interface IValueStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>
    /// Sends a message; waits while the peer does not read. With <see cref="WriteFlags.BufferHint"/> in the write
    /// options it stays in the buffer, until the buffer is full or <see cref="FlushAsync"/>.
    /// </summary>
    /// <remarks>The message's bytes have been copied to the transport when this returns, even before it completes.</remarks>
    ValueTask WriteValueAsync(T message, CancellationToken cancellationToken = default);

    /// <summary>Sends what write calls left in the buffer.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken = default);
}

/// <summary>Lets handlers and clients use the allocation-free form on the streams that generated code hands them.</summary>
public static class ValueStreamExtensions
{
    /// <summary><see cref="IValueStreamReader{T}.MoveNextAsync"/> where the stream has it, else <see cref="IAsyncStreamReader{T}.MoveNext"/>.</summary>
    public static ValueTask<bool> MoveNextAsync<T>(this IAsyncStreamReader<T> stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream is IValueStreamReader<T> values
            ? values.MoveNextAsync(cancellationToken)
            : new ValueTask<bool>(stream.MoveNext(cancellationToken));
    }

    /// <summary><see cref="IValueStreamWriter{T}.WriteValueAsync"/> where the stream has it, else <see cref="IAsyncStreamWriter{T}.WriteAsync(T, CancellationToken)"/>.</summary>
    public static ValueTask WriteValueAsync<T>(this IAsyncStreamWriter<T> stream, T message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream is IValueStreamWriter<T> values
            ? values.WriteValueAsync(message, cancellationToken)
            : new ValueTask(stream.WriteAsync(message, cancellationToken));
    }

    /// <summary>Sends what is in the buffer, where the stream has one.</summary>
    public static ValueTask FlushAsync<T>(this IAsyncStreamWriter<T> stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream is IValueStreamWriter<T> values ? values.FlushAsync(cancellationToken) : ValueTask.CompletedTask;
    }
}
