using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Http2.Connections;
using RaftStream.Rpc.Http2.Frames;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>A running call: its attempt, deadline and cancellation. The first thing that ends it wins.</summary>
internal abstract class GrpcCall : ICallState
{
    // A server that welcomes connections and drops them at once must not keep a call busy for ever.
    private const int MaxRestarts = 5;

    private readonly Lock _gate = new();
    private readonly Http2Channel _channel;
    private readonly string _path;
    private readonly ReadOnlyMemory<byte> _metadata;
    private readonly DateTime? _deadline;
    private ITimer? _deadlineTimer;
    private CancellationTokenRegistration _cancellation;
    private GrpcStream _attempt;
    private bool _repeated;
    private int _restarts;

    /// <exception cref="ArgumentException">The metadata holds a key of the protocol.</exception>
    protected GrpcCall(Http2Channel channel, string path, CallOptions options)
    {
        _channel = channel;
        _path = path;
        _metadata = RequestHeaders.EncodeMetadata(options.Headers);
        _deadline = options.Deadline?.ToUniversalTime();
        _attempt = channel.NewStream(this);
        Arm(options.CancellationToken);
    }

    /// <summary>What has come so far.</summary>
    public GrpcResponse Response { get; } = new();

    /// <inheritdoc/>
    public Task<Metadata> ResponseHeadersAsync => Response.HeadersAsync;

    /// <summary>How messages of the response may be compressed; null is not at all.</summary>
    public string? ResponseEncoding { get; private set; }

    /// <summary>The stream in use. Its writer and the reader's credit go there.</summary>
    public GrpcStream Attempt => Volatile.Read(ref _attempt);

    /// <summary>The channel's limits.</summary>
    protected Http2Options Options => _channel.Options;

    /// <inheritdoc/>
    public Status GetStatus() =>
        Response.Status ?? throw new InvalidOperationException("The call has not ended: it has no status yet.");

    /// <inheritdoc/>
    public Metadata GetTrailers() =>
        Response.IsFinished ? Response.Trailers : throw new InvalidOperationException("The call has not ended: it has no trailers yet.");

    /// <inheritdoc/>
    public virtual void Dispose() => Cancel(new Status(StatusCode.Cancelled, "The call was disposed."));

    /// <summary>Ends the call here and at the server, with this status.</summary>
    public void Cancel(Status status)
    {
        Finish(status, Metadata.Empty, dropMessages: true);

        // After Finish no new attempt is made, so this is the last one.
        lock (_gate)
        {
            _attempt.Reset(Http2ErrorCode.Cancel);
        }
    }

    /// <summary>Ends the call here.</summary>
    public void Finish(Status status, Metadata trailers, bool dropMessages)
    {
        if (Response.TryFinish(status, trailers, dropMessages))
        {
            _deadlineTimer?.Dispose();
            _cancellation.Unregister();
        }
    }

    /// <summary>The attempt's header list; called when it is its turn.</summary>
    public void WriteHeaders(IBufferWriter<byte> output)
    {
        TimeSpan? left = _deadline - _channel.Options.Time.GetUtcNow().UtcDateTime;
        _channel.Headers.Write(output, _path, left, _metadata.Span);
    }

    /// <summary>The server has begun to answer: from here on the call cannot be repeated.</summary>
    public void OnResponseHeaders(Metadata headers, string? encoding)
    {
        ResponseEncoding = encoding;
        ForgetRequest();
        Response.OnHeaders(headers);
    }

    /// <summary>Starts the attempt on a connection of the channel.</summary>
    protected void Start()
    {
        if (!Response.IsFinished)
        {
            _channel.Start(_attempt);
        }
    }

    /// <summary>The connection ended before the attempt was sent: starts the same one on another, a few times.</summary>
    public void Restart(GrpcStream attempt, StreamFailure failure)
    {
        if (Interlocked.Increment(ref _restarts) > MaxRestarts)
        {
            attempt.Fail(failure with { IsUnprocessed = false });
        }
        else if (!Response.IsFinished)
        {
            _channel.Start(attempt);
        }
    }

    /// <summary>Makes one more attempt after the server refused the first one unseen (gRPC's transparent retry).</summary>
    /// <returns>False when it cannot: the request is gone, or this was the second attempt.</returns>
    public bool TryRepeat()
    {
        GrpcStream next;
        lock (_gate)
        {
            if (_repeated || Response.IsFinished)
            {
                return false;
            }

            _repeated = true;
            next = _channel.NewStream(this);
            if (!TryWriteRequest(next))
            {
                return false;
            }

            Volatile.Write(ref _attempt, next);
        }

        _channel.Start(next);
        return true;
    }

    /// <summary>Writes the whole request again; false when the call's requests are a stream.</summary>
    protected abstract bool TryWriteRequest(GrpcStream attempt);

    /// <summary>The request is not needed any more.</summary>
    protected abstract void ForgetRequest();

    private void Arm(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static call => ((GrpcCall)call!).Cancel(Status.DefaultCancelled), this);
        }

        if (_deadline is not { } deadline || deadline == DateTime.MaxValue)
        {
            return;
        }

        TimeSpan left = deadline - _channel.Options.Time.GetUtcNow().UtcDateTime;
        if (left <= TimeSpan.Zero)
        {
            OnDeadline();
        }
        else if (left < TimeSpan.FromDays(30))
        {
            _deadlineTimer = _channel.Options.Time.CreateTimer(
                static call => ((GrpcCall)call!).OnDeadline(), this, left, Timeout.InfiniteTimeSpan);
        }

        if (Response.IsFinished)
        {
            _deadlineTimer?.Dispose();
            _cancellation.Unregister();
        }
    }

    private void OnDeadline() => Cancel(new Status(StatusCode.DeadlineExceeded, "The call's deadline passed."));
}
