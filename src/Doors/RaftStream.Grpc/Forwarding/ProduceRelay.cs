using System.Buffers;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Rpc;

namespace RaftStream.Grpc.Forwarding;

/// <summary>Takes the answers to requests that a relay passed on. Called once per request, on any thread; short, does not throw.</summary>
/// <param name="requestId">What the request was called.</param>
/// <param name="answer">The leader's answer; null when there is none, and then there is an error.</param>
/// <param name="error">Why there is no answer.</param>
internal delegate void RelayedAnswer(ulong requestId, ProduceReply? answer, Error? error);

/// <summary>Those requests of a produce stream that one other broker leads the partitions of: one stream to it, in their order.</summary>
/// <remarks>
/// A batch is sent from the client's message, which is not read on until the connection to the leader has taken it: a slow leader
/// makes the client wait, and costs no memory here. When the stream to the leader breaks, what was not answered has an unknown
/// outcome; the relay is over then, and the next request begins another.
/// </remarks>
internal sealed class ProduceRelay : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _unanswered = [];
    private readonly ProduceMessage _message = new();
    private readonly LeaderAddress _leader;
    private readonly RelayedAnswer _answered;
    private readonly WatchedLeader _watched;
    private readonly AsyncDuplexStreamingCall<ProduceMessage, ProduceReply> _onward;
    private readonly Task _reading;
    private Error? _failure;

    public ProduceRelay(IncomingCall call, LeaderAddress leader, RelayedAnswer answered)
    {
        (_leader, _answered) = (leader, answered);
        _watched = call.Watch(leader, call.CancellationToken);
        _onward = call.CallsTo(leader).AsyncDuplexStreamingCall(
            LogMethods.ProduceStream, null, call.Onward(patience: null, _watched.Token));
        _reading = ReadAsync();
    }

    /// <summary>True when nothing can be sent any more.</summary>
    public bool IsOver => Volatile.Read(ref _failure) is not null;

    /// <summary>Passes a request on; its answer comes to the delegate.</summary>
    /// <param name="batch">Free again when this completes.</param>
    public async ValueTask SendAsync(LeaderAddress leader, ProduceMessage message, ReadOnlySequence<byte> batch, ulong requestId)
    {
        _watched.Add(leader.Partition);
        if (!TryAdd(requestId))
        {
            _answered(requestId, null, _failure);
            return;
        }

        ForwardedProduce.Fill(_message, message, leader.Partition.Partition, batch);
        _message.CorrelationId = requestId;
        try
        {
            await _onward.RequestStream.WriteValueAsync(_message).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // Whoever reads the answers hears of it too, and answers for all.
        }
        finally
        {
            _message.Clear();
        }

        if (message.Acks == Acks.None && TryTake(requestId))
        {
            _answered(requestId, null, null);
        }
    }

    /// <summary>Nothing more will be sent: waits until the leader has taken everything and answered it.</summary>
    public async Task CompleteAsync()
    {
        await _onward.RequestStream.CompleteAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    /// <summary>Breaks the stream off; what is unanswered has an unknown outcome.</summary>
    public async ValueTask DisposeAsync()
    {
        await _watched.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _onward.Dispose();
        _watched.Dispose();
    }

    private async Task ReadAsync()
    {
        Error failure;
        try
        {
            while (await _onward.ResponseStream.MoveNextAsync(_watched.Token).ConfigureAwait(false))
            {
                ProduceReply reply = _onward.ResponseStream.Current;
                if (TryTake(reply.CorrelationId))
                {
                    _answered(reply.CorrelationId, reply, reply.Error);
                }

                HotMessages.Return(reply);
            }

            failure = LeaderPart.MissingAnswer(_leader);
        }
        catch (RpcException exception)
        {
            failure = ForwardingErrors.ToError(exception, _leader, _watched);
        }

        ulong[] rest;
        lock (_gate)
        {
            Volatile.Write(ref _failure, failure);
            rest = [.. _unanswered];
            _unanswered.Clear();
        }

        foreach (ulong requestId in rest)
        {
            _answered(requestId, null, failure);
        }
    }

    private bool TryTake(ulong requestId)
    {
        lock (_gate)
        {
            return _unanswered.Remove(requestId);
        }
    }

    private bool TryAdd(ulong requestId)
    {
        lock (_gate)
        {
            return _failure is null && _unanswered.Add(requestId);
        }
    }
}
