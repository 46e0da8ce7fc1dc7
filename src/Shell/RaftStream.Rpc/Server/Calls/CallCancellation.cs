using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Server.Calls;

/// <summary>Why and when nobody waits for a call any more: client gone, deadline passed, server stopping.</summary>
/// <remarks>Whatever comes first decides <see cref="Reason"/>.</remarks>
internal sealed class CallCancellation : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _onClientGone;
    private readonly CancellationTokenRegistration _onStopping;
    private readonly CancellationTokenRegistration _onCancelled;
    private object? _reason;

    /// <summary>Watches the sources of cancellation until disposed.</summary>
    /// <param name="timeout">Left until the deadline; null is none.</param>
    /// <param name="onCancelled">Runs once when the first of them comes, on any thread.</param>
    public CallCancellation(
        TimeSpan? timeout, Action<object?> onCancelled, object state, CancellationToken clientGone, CancellationToken serverStopping)
    {
        Token = _source.Token;
        _onCancelled = Token.UnsafeRegister(onCancelled, state);
        _onClientGone = clientGone.UnsafeRegister(
            static self => ((CallCancellation)self!).Cancel(StatusCode.Cancelled, "The client gave up the call."), this);
        _onStopping = serverStopping.UnsafeRegister(
            static self => ((CallCancellation)self!).Cancel(StatusCode.Unavailable, "The server is stopping."), this);
        if (timeout < CallDeadline.MaxTimer)
        {
            _source.CancelAfter(timeout.GetValueOrDefault());
        }
    }

    /// <summary>Fires at the first reason.</summary>
    public CancellationToken Token { get; }

    /// <summary>What the call ends with once <see cref="Token"/> has fired.</summary>
    public Status Reason => (Status?)Volatile.Read(ref _reason) ?? CallDeadline.Exceeded;

    /// <summary>Ends watching; waits for a callback that runs just now, so that none runs afterwards.</summary>
    public void Dispose()
    {
        _onClientGone.Dispose();
        _onStopping.Dispose();
        _onCancelled.Dispose();
        _source.Dispose();
    }

    private void Cancel(StatusCode code, string detail)
    {
        if (!Token.IsCancellationRequested)
        {
            Interlocked.CompareExchange(ref _reason, new Status(code, detail), null);
        }

        _source.Cancel();
    }
}
