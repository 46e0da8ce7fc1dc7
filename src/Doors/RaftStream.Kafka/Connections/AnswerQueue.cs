using System.Runtime.CompilerServices;
using RaftStream.Broker.Threads;
using RaftStream.Kafka.Exchanges;

namespace RaftStream.Kafka.Connections;

/// <summary>Exchanges of one connection in the order of their requests; answers leave in that order, whoever has the next one sends it.</summary>
/// <remarks>
/// The connection's reader adds and waits. Answers that come while it serves a request leave when it looks (<see cref="SendAsync"/>);
/// those that come from elsewhere, when replicas have acknowledged, are sent by a work item.
/// </remarks>
/// <param name="onSent">Called with each exchange whose answer needs it no more, or never will.</param>
internal sealed class AnswerQueue(AnswerSender sender, Action<Exchange> onSent, Action<Exception> onFailed) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<Exchange> _waiting = new();
    private readonly Signal _progress = new();
    private int _sending;
    private volatile bool _isBroken;
    private int _servingThread;

    /// <summary>Exchanges whose answer has not left.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>True once nothing can be sent any more; answers are then dropped.</summary>
    public bool IsBroken => _isBroken;

    /// <summary>True while an answer is on its way out.</summary>
    public bool IsSending => Volatile.Read(ref _sending) == 1;

    /// <summary>Takes a request's place in the order.</summary>
    public void Add(Exchange exchange)
    {
        lock (_gate)
        {
            _waiting.Enqueue(exchange);
        }
    }

    /// <summary>Until <see cref="EndServing"/> answers given on this thread wait for the reader to look.</summary>
    public void BeginServing() => _servingThread = Environment.CurrentManagedThreadId;

    /// <summary>The reader is about to look, or to wait.</summary>
    public void EndServing() => _servingThread = 0;

    /// <summary>An exchange is answered; called on any thread.</summary>
    public void OnAnswered(Exchange exchange)
    {
        // One that lets nobody else begin is waited for by the reader, which sends it.
        // Look for an answer first: whoever is sending looks again after it says that it has ended.
        if (exchange.LetsNextBegin && _servingThread != Environment.CurrentManagedThreadId && HasAnswer() && !IsSending)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Nothing can be sent any more.</summary>
    public void Break()
    {
        _isBroken = true;
        _progress.Set();
    }

    /// <summary>Sends all answers whose turn it is, unless somebody else is at it: that one sends ours too.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync()
    {
        while (HasAnswer() && Interlocked.Exchange(ref _sending, 1) == 0)
        {
            try
            {
                while (TryTake(out Exchange? exchange))
                {
                    await WriteAsync(exchange!).ConfigureAwait(false);
                }

                if (!_isBroken)
                {
                    await sender.FlushAsync().ConfigureAwait(false);
                }
            }
#pragma warning disable CA1031 // Whatever it is, this connection can send nothing more; the reader ends it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _isBroken = true;
                onFailed(exception);
            }
            finally
            {
                Interlocked.Exchange(ref _sending, 0);
                _progress.Set();
            }
        }
    }

    /// <summary>Sends, and waits until at most <paramref name="most"/> exchanges are without their answer; only the reader calls it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SettleAsync(int most)
    {
        while (true)
        {
            await SendAsync().ConfigureAwait(false);
            if (_isBroken || (Count <= most && !(most == 0 && IsSending)))
            {
                return;
            }

            await _progress.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>After <see cref="Break"/>: waits for whoever is sending.</summary>
    public async ValueTask UntilIdleAsync()
    {
        while (IsSending)
        {
            await _progress.WaitAsync().ConfigureAwait(false);
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = SendAsync().AsTask(); // failures are told to the reader

    /// <summary>Not asynchronous itself: an answer that waits for its reader holds no longer what it was made of.</summary>
    private ValueTask WriteAsync(Exchange exchange)
    {
        if (exchange.ClosesConnection && !_isBroken)
        {
            onSent(exchange);
            return CloseAsync();
        }

        bool isWhole = true;
        try
        {
            if (_isBroken || exchange.IsSilent)
            {
                return ValueTask.CompletedTask;
            }

            isWhole = sender.Encode(exchange);
        }
        finally
        {
            if (isWhole)
            {
                onSent(exchange);
            }
        }

        return isWhole ? sender.FlushFullAsync() : SendPiecesAsync(exchange);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendPiecesAsync(Exchange exchange)
    {
        try
        {
            await sender.SendPiecesAsync().ConfigureAwait(false);
        }
        finally
        {
            onSent(exchange);
        }
    }

    private async ValueTask CloseAsync()
    {
        await sender.FlushAsync().ConfigureAwait(false); // what was gathered before it
        throw new ConnectionEndsException("A produce request that wants no answer failed.");
    }

    private bool HasAnswer()
    {
        lock (_gate)
        {
            return _waiting.TryPeek(out Exchange? first) && first.IsAnswered;
        }
    }

    private bool TryTake(out Exchange? exchange)
    {
        lock (_gate)
        {
            exchange = null;
            return _waiting.TryPeek(out Exchange? first) && first.IsAnswered && _waiting.TryDequeue(out exchange);
        }
    }
}

/// <summary>The door closes a connection on purpose, as the protocol asks.</summary>
internal sealed class ConnectionEndsException(string message) : Exception(message);
