namespace Grpc.Core;

/// <summary>What a running call of a client answers about itself; transports implement it, one object per call.</summary>
public interface ICallState : IDisposable
{
    /// <summary>The server's initial headers; fails when the call fails before them.</summary>
    Task<Metadata> ResponseHeadersAsync { get; }

    /// <summary>How the call ended.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    Status GetStatus();

    /// <summary>The server's trailers.</summary>
    /// <exception cref="InvalidOperationException">The call has not ended.</exception>
    Metadata GetTrailers();
}

/// <summary>Call state from single functions: for tests and for calls that wrap other calls.</summary>
internal sealed class DelegatedCallState(
    Task<Metadata> responseHeadersAsync, Func<Status> getStatus, Func<Metadata> getTrailers, Action dispose) : ICallState
{
    public Task<Metadata> ResponseHeadersAsync => responseHeadersAsync;

    public Status GetStatus() => getStatus();

    public Metadata GetTrailers() => getTrailers();

    public void Dispose() => dispose();
}
