using System.Threading.Channels;
using Grpc.Core;
using RaftStream.Client.Routing;
using RaftStream.Contracts;
using RaftStream.Model;
using RaftStream.Rpc;

namespace RaftStream.Client.Producing;

/// <summary>One produce stream to one broker, from its first batch to its failure.</summary>
internal sealed class ProduceSession : IDisposable
{
    /// <summary>What a broker may take beyond the time it was given, before the connection counts as dead.</summary>
    private static readonly TimeSpan StallGrace = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, ProducerBatch> _unanswered = [];
    private readonly ProduceMessage _message = new();
    private readonly CancellationTokenSource _over = new();
    private readonly ProducerContext _context;
    private readonly BrokerChannel _channel;
    private readonly Channel<ProducerPartition> _ready;
    private readonly V1.Acks _acks;
    private readonly int _timeoutMs;
    private readonly long _stallTicks;
    private readonly long _suspectTicks;
    private RaftStreamException? _failure;
    private ulong _lastCorrelationId;
    private long _writingSince = long.MaxValue;

    public ProduceSession(
        ProducerContext context, BrokerChannel channel, RaftStreamClientOptions clientOptions, Channel<ProducerPartition> ready)
    {
        _context = context;
        _channel = channel;
        _ready = ready;
        _acks = context.Options.Acks switch
        {
            ProducerAcks.All => V1.Acks.All,
            ProducerAcks.Leader => V1.Acks.Leader,
            ProducerAcks.None => V1.Acks.None,
            _ => throw new ArgumentOutOfRangeException(nameof(context), context.Options.Acks, "Unknown acks."),
        };
        _timeoutMs = (int)Math.Min(clientOptions.RequestTimeout.TotalMilliseconds, int.MaxValue);
        _stallTicks = (long)((clientOptions.RequestTimeout + StallGrace).TotalSeconds * context.Time.TimestampFrequency);
        _suspectTicks = (long)(clientOptions.SuspectAfter.TotalSeconds * context.Time.TimestampFrequency);
    }

    /// <summary>Sends what is ready until the stream fails or <paramref name="stopping"/>; then all of its batches are answered.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<RaftStreamException> RunAsync(CancellationToken stopping)
    {
        using CancellationTokenRegistration stop = stopping.UnsafeRegister(
            static state => ((ProduceSession)state!).End(ErrorCode.NetworkException, "The producer was closed."), this);
        var callOptions = new CallOptions(cancellationToken: _over.Token);
        using AsyncDuplexStreamingCall<ProduceMessage, ProduceReply> call =
            _channel.Bulk.AsyncDuplexStreamingCall(LogMethods.ProduceStream, null, callOptions);
        Task reading = Task.Run(() => ReadAsync(call.ResponseStream), CancellationToken.None);
        await WriteAsync(call.RequestStream).ConfigureAwait(false);
        // Only after both have ended may the batches change owner: until then the transport may read their memory.
        await reading.ConfigureAwait(false);
        RaftStreamException failure = _failure!;
        foreach (ProducerBatch batch in TakeUnanswered())
        {
            batch.Partition!.Answer(batch, baseOffset: -1, logAppendTimeMs: -1, failure);
        }

        return failure;
    }

    /// <summary>The connections that it uses.</summary>
    public BrokerChannel Channel => _channel;

    /// <summary>Ends the session when the broker has not answered, or not read, for too long.</summary>
    public void CheckStalled(long nowTicks)
    {
        if (OwesSince() < nowTicks - _stallTicks)
        {
            End(ErrorCode.RequestTimedOut, $"The broker at {_channel.Endpoint} has not answered for {_timeoutMs} ms.");
        }
    }

    /// <summary>True when the broker owes an answer for so long that somebody should ask whether it still leads.</summary>
    public bool IsSuspect(long nowTicks) => OwesSince() < nowTicks - _suspectTicks;

    /// <summary>Ends the session when answers are owed for that long by a broker that, as is known by now, no longer leads their partition.</summary>
    /// <returns>True when it was ended.</returns>
    /// <remarks>What the old leader has acknowledged to nobody is sent again: lost with its epoch, or known again by the new leader (P63).</remarks>
    public bool GiveUpMoved(ClusterView view, long nowTicks)
    {
        lock (_gate)
        {
            if (!_unanswered.Values.Any(batch => batch.SentAt < nowTicks - _suspectTicks && IsLedElsewhere(view, batch)))
            {
                return false;
            }
        }

        End(ErrorCode.NotLeaderOrFollower, $"The broker at {_channel.Endpoint} does not answer, and another one leads by now.");
        return true;
    }

    public void Dispose() => _over.Dispose();

    private async Task WriteAsync(IClientStreamWriter<ProduceMessage> requests)
    {
        ChannelReader<ProducerPartition> ready = _ready.Reader;
        try
        {
            while (await ready.WaitToReadAsync(_over.Token).ConfigureAwait(false))
            {
                while (!_over.IsCancellationRequested && ready.TryRead(out ProducerPartition? partition))
                {
                    ProducerBatch? batch = partition.TakeNext(out bool isLast);
                    if (!isLast)
                    {
                        // Behind the others: every partition gets its turn. Before sending, which may fail.
                        _ready.Writer.TryWrite(partition);
                    }

                    if (batch is not null)
                    {
                        await SendAsync(requests, partition, batch).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
        }
        catch (RpcException exception)
        {
            End(exception);
        }
    }

    private async ValueTask SendAsync(IClientStreamWriter<ProduceMessage> requests, ProducerPartition partition, ProducerBatch batch)
    {
        batch.Encode();
        batch.SentAt = _context.Time.GetTimestamp();
        bool isAnswered = _acks != V1.Acks.None;
        ulong correlationId = ++_lastCorrelationId;
        lock (_gate)
        {
            // Before it is sent: the answer may be here before the write returns.
            _unanswered.Add(correlationId, batch);
        }

        _message.Topic.Set([], partition.TopicId);
        _message.Partition = partition.Name.Partition;
        _message.Acks = _acks;
        _message.TimeoutMs = _timeoutMs;
        _message.CorrelationId = correlationId;
        _message.Batch = batch.Encoded;
        Volatile.Write(ref _writingSince, batch.SentAt);
        await requests.WriteValueAsync(_message, _over.Token).ConfigureAwait(false);
        Volatile.Write(ref _writingSince, long.MaxValue);
        if (!isAnswered && TryTake(correlationId, out _))
        {
            partition.Answer(batch, baseOffset: -1, logAppendTimeMs: -1, error: null);
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<ProduceReply> replies)
    {
        try
        {
            while (await replies.MoveNextAsync(_over.Token).ConfigureAwait(false))
            {
                ProduceReply reply = replies.Current;
                if (TryTake(reply.CorrelationId, out ProducerBatch? batch))
                {
                    batch!.Partition!.Answer(batch, reply.BaseOffset, reply.LogAppendTimeMs, RpcErrors.ToException(reply.Error));
                }

                HotMessages.Return(reply);
            }

            End(ErrorCode.NetworkException, $"The broker at {_channel.Endpoint} ended the produce stream.");
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
        }
        catch (RpcException exception)
        {
            End(exception);
        }
    }

    private bool IsLedElsewhere(ClusterView view, ProducerBatch batch) =>
        view.LeaderOf(batch.Partition!.Name) is { } leader && !string.Equals(leader, _channel.Endpoint, StringComparison.OrdinalIgnoreCase);

    /// <summary>When the oldest batch without an answer was sent.</summary>
    private long OwesSince()
    {
        long oldest = Volatile.Read(ref _writingSince);
        lock (_gate)
        {
            foreach (ProducerBatch batch in _unanswered.Values)
            {
                oldest = Math.Min(oldest, batch.SentAt);
            }
        }

        return oldest;
    }

    private bool TryTake(ulong correlationId, out ProducerBatch? batch)
    {
        lock (_gate)
        {
            return _unanswered.Remove(correlationId, out batch);
        }
    }

    private List<ProducerBatch> TakeUnanswered()
    {
        lock (_gate)
        {
            // In the order sent, so that each partition hears of its first batch first.
            List<ProducerBatch> batches = [.. _unanswered.OrderBy(entry => entry.Key).Select(entry => entry.Value)];
            _unanswered.Clear();
            return batches;
        }
    }

    // A call that fails as a whole says nothing about single batches: all of them may be sent again, perhaps elsewhere.
    private void End(RpcException exception)
    {
        RaftStreamException failure = RpcErrors.ToException(exception, _channel.Endpoint);
        End(failure.IsRetriable ? failure : new RaftStreamException(ErrorCode.NetworkException, failure.Message, exception));
    }

    private void End(ErrorCode code, string message) => End(new RaftStreamException(code, message));

    private void End(RaftStreamException failure)
    {
        if (Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            // The calling thread may be a timer's or the reader: what waits for the token must not run on it.
            _ = _over.CancelAsync();
        }
    }
}
