namespace Grpc.Core;

/// <summary>Messages of one direction of a stream, one at a time. One reader at a time.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message of the last <see cref="MoveNext"/> that answered true. What it borrows is valid until the next.</summary>
    T Current { get; }

    /// <summary>Waits for the next message; false is the orderly end of the stream.</summary>
    /// <exception cref="RpcException">The call failed, was cancelled or ran into its deadline.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>Takes the messages of one direction of a stream. One write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>Options for the messages from here on; null is the default.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Sends a message; waits while the peer does not read (backpressure).</summary>
    Task WriteAsync(T message);

    /// <summary>Sends a message; gives up waiting when the token says so, which ends the call.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : WriteAsync(message);
}

/// <summary>The requests of a client's stream.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Tells the server that no more requests follow.</summary>
    Task CompleteAsync();
}

/// <summary>The responses of a server's stream.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;
