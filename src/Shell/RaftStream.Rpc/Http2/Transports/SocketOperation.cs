using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace RaftStream.Rpc.Http2.Transports;

/// <summary>One direction of a socket: at most one operation at a time, awaited without allocating.</summary>
/// <remarks>
/// The awaiter goes on where the operation completes: at once, or on the pool thread that heard of it.
/// </remarks>
internal sealed class SocketOperation : SocketAsyncEventArgs, IValueTaskSource<int>
{
    private readonly Func<SocketAsyncEventArgs, bool> _receive;
    private readonly Func<SocketAsyncEventArgs, bool> _send;
    private ManualResetValueTaskSourceCore<int> _core;

    public SocketOperation(Socket socket)
        : base(true) // no execution context: nobody here reads one, and capturing it costs
    {
        _receive = socket.ReceiveAsync;
        _send = socket.SendAsync;
    }

    /// <summary>Receives what is there, or waits for the first bytes.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        SetBuffer(buffer);
        return StartAsync(_receive);
    }

    /// <summary>Sends all pieces.</summary>
    public ValueTask<int> SendAsync(List<ArraySegment<byte>> pieces)
    {
        if (pieces.Count == 1)
        {
            // One piece goes without the pinning and the vector.
            BufferList = null;
            SetBuffer(pieces[0].Array, pieces[0].Offset, pieces[0].Count);
        }
        else
        {
            SetBuffer(null, 0, 0);
            BufferList = pieces;
        }

        return StartAsync(_send);
    }

    private ValueTask<int> StartAsync(Func<SocketAsyncEventArgs, bool> operation)
    {
        _core.Reset();
        try
        {
            return operation(this) ? new ValueTask<int>(this, _core.Version) : AtOnceAsync();
        }
        catch (ObjectDisposedException exception)
        {
            return ValueTask.FromException<int>(new IOException("The connection was closed.", exception));
        }
    }

    private ValueTask<int> AtOnceAsync() => SocketError == SocketError.Success
        ? new ValueTask<int>(BytesTransferred)
        : ValueTask.FromException<int>(Failure());

    /// <inheritdoc/>
    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (SocketError == SocketError.Success)
        {
            _core.SetResult(BytesTransferred);
        }
        else
        {
            _core.SetException(Failure());
        }
    }

    private IOException Failure()
    {
        var cause = new SocketException((int)SocketError);
        return new IOException(cause.Message, cause);
    }

    int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
