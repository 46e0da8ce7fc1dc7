using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using RaftStream.Rpc.Http2.Buffers;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>What has come of a call so far: headers, messages, how it ended. Outlives a repeated attempt.</summary>
/// <remarks>Filled by the connection's reader, emptied by the caller; the first end that is given stands. Thread-safe.</remarks>
internal sealed class GrpcResponse
{
    private readonly Lock _gate = new();
    private readonly Queue<ReceivedMessage> _messages = new();
    private readonly Waiter _news = new();
    private TaskCompletionSource<Metadata>? _headersTask;
    private Metadata? _headers;
    private Status? _status;
    private Metadata _trailers = Metadata.Empty;
    private long _arrivedBytes;  // of DATA
    private long _queuedBytes;   // exclusive end of the last complete message
    private long _takenBytes;    // exclusive end of the last message that was taken
    private long _creditedBytes; // given back to the server's window

    /// <summary>True once the call has ended, although messages may still wait to be taken.</summary>
    public bool IsFinished
    {
        get
        {
            lock (_gate)
            {
                return _status is not null;
            }
        }
    }

    /// <summary>The initial headers; fails with the call.</summary>
    public Task<Metadata> HeadersAsync
    {
        get
        {
            lock (_gate)
            {
                if (_headersTask is null)
                {
                    _headersTask = new TaskCompletionSource<Metadata>(TaskCreationOptions.RunContinuationsAsynchronously);
                    CompleteHeaders();
                }

                return _headersTask.Task;
            }
        }
    }

    /// <summary>How the call ended; null while it runs.</summary>
    public Status? Status
    {
        get
        {
            lock (_gate)
            {
                return _status;
            }
        }
    }

    /// <summary>The trailers; empty while the call runs and when none came.</summary>
    public Metadata Trailers
    {
        get
        {
            lock (_gate)
            {
                return _trailers;
            }
        }
    }

    /// <summary>The failure to throw at a caller of a call that has ended.</summary>
    public RpcException Failure
    {
        get
        {
            lock (_gate)
            {
                return new RpcException(_status.GetValueOrDefault(), _trailers);
            }
        }
    }

    /// <summary>The initial headers came.</summary>
    public void OnHeaders(Metadata headers)
    {
        lock (_gate)
        {
            _headers ??= headers;
            CompleteHeaders();
        }
    }

    /// <summary>DATA came, and with it <paramref name="completed"/>, which is emptied.</summary>
    /// <returns>Bytes to give back to the server's window now.</returns>
    public int OnData(int bytes, List<ReceivedMessage> completed)
    {
        lock (_gate)
        {
            _arrivedBytes += bytes;
            foreach (ReceivedMessage message in completed)
            {
                if (_status is not null)
                {
                    message.Release();
                    continue;
                }

                _queuedBytes += Wire.MessageFrame.PrefixBytes + message.Length;
                _messages.Enqueue(message);
            }

            if (completed.Count > 0)
            {
                completed.Clear();
                _news.Wake();
            }

            return TakeCredit();
        }
    }

    /// <summary>Takes the next message, whose memory is the caller's to release.</summary>
    /// <param name="credit">Bytes to give back to the server's window now.</param>
    public bool TryTake(out ReceivedMessage message, out int credit)
    {
        lock (_gate)
        {
            if (!_messages.TryDequeue(out message))
            {
                credit = 0;
                return false;
            }

            _takenBytes += Wire.MessageFrame.PrefixBytes + message.Length;
            credit = TakeCredit();
            return true;
        }
    }

    /// <summary>True when no message waits and none will come.</summary>
    public bool IsDrained([NotNullWhen(true)] out Status? status)
    {
        lock (_gate)
        {
            status = _messages.Count == 0 ? _status : null;
            return status is not null;
        }
    }

    /// <summary>Waits until there is something to take, or the end. One waiter at a time.</summary>
    public ValueTask WaitAsync()
    {
        lock (_gate)
        {
            return _messages.Count > 0 || _status is not null ? default : _news.WaitAsync();
        }
    }

    /// <summary>Ends the call.</summary>
    /// <param name="dropMessages">Messages that wait are of no use any more: the caller itself ended the call.</param>
    /// <returns>False when it had ended before; that end stands, unless messages behind it were dropped.</returns>
    public bool TryFinish(Status status, Metadata trailers, bool dropMessages)
    {
        lock (_gate)
        {
            bool dropped = dropMessages && _messages.Count > 0;
            while (dropMessages && _messages.TryDequeue(out ReceivedMessage message))
            {
                message.Release();
            }

            if (_status is not null)
            {
                // The server may have ended the call with OK; a reader that misses messages must not take that for its end.
                _status = dropped ? status : _status;
                return false;
            }

            _status = status;
            _trailers = trailers;
            CompleteHeaders();
            _news.Wake();
            return true;
        }
    }

    private void CompleteHeaders()
    {
        if (_headersTask is null)
        {
            return;
        }

        if (_headers is not null)
        {
            _headersTask.TrySetResult(_headers);
        }
        else if (_status is { StatusCode: StatusCode.OK })
        {
            _headersTask.TrySetResult(Metadata.Empty); // trailers only: there are none
        }
        else if (_status is not null && _headersTask.TrySetException(new RpcException(_status.Value, _trailers)))
        {
            _ = _headersTask.Task.Exception; // the caller may never look at the headers
        }
    }

    // What is taken is given back. So is what has come of a message that nothing waits before: it may be larger than
    // the window, and the caller is about to want it. The size limit of messages bounds what that makes us hold.
    private int TakeCredit()
    {
        long end = Math.Max(_creditedBytes, _messages.Count == 0 ? _arrivedBytes : _takenBytes);
        int credit = (int)(end - _creditedBytes);
        _creditedBytes = end;
        return credit;
    }
}
