namespace Grpc.Core;

/// <summary>What a client wants of one call.</summary>
/// <param name="headers">Sent with the request; null is none.</param>
/// <param name="deadline">Moment in UTC at which the call ends with DeadlineExceeded; null is never.</param>
/// <param name="cancellationToken">Cancels the call, also on the server.</param>
/// <param name="writeOptions">Of all messages of the call.</param>
public readonly struct CallOptions(
    Metadata? headers = null,
    DateTime? deadline = null,
    CancellationToken cancellationToken = default,
    WriteOptions? writeOptions = null)
{
    /// <summary>Sent with the request; null is none.</summary>
    public Metadata? Headers { get; private init; } = headers;

    /// <summary>Moment in UTC at which the call ends with DeadlineExceeded; null is never.</summary>
    public DateTime? Deadline { get; private init; } = deadline;

    /// <summary>Cancels the call, also on the server.</summary>
    public CancellationToken CancellationToken { get; private init; } = cancellationToken;

    /// <summary>Of all messages of the call; null is the default.</summary>
    public WriteOptions? WriteOptions { get; private init; } = writeOptions;

    /// <summary>The same with other headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>The same with another deadline.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>The same with another token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) =>
        this with { CancellationToken = cancellationToken };

    /// <summary>The same with other write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };
}
