using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using RaftStream.Broker;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol;
using RaftStream.Storage;

namespace RaftStream.Kafka.Connections;

/// <summary>One client: reads requests, has them served one after the other, and sends the answers in their order.</summary>
internal sealed class KafkaConnection : IDisposable
{
    // Answers of requests that came together leave together; larger ones take long enough to be answered alone.
    private const int TogetherBytes = 16 << 10;
    private const int MostTogether = 16;

    // Who sends many requests at once has a thread for this long; then others that wait have their turn.
    private const long TurnMs = 5;

    private readonly DoorParts _door;
    private readonly ConnectionContext _connection;
    private readonly Socket? _socket;
    private readonly CancellationTokenSource _aborted;
    private readonly ClientConnection _client;
    private readonly RequestReader _reader;
    private readonly AnswerSender _sender;
    private readonly AnswerQueue _answers;
    private readonly UnsentAnswers _unsent;
    private readonly KafkaReaderLimits _readerLimits;
    private readonly StringCache _strings = new();
    private readonly IdleExchanges _idle = new();
    private readonly Action<Exchange> _onAnswered;
    private readonly ReceiveRate _receiveRate = new();
    private long _lastProgress = Environment.TickCount64;
    private long _lastTaken = Environment.TickCount64;
    private volatile Exception? _sendFailure;
    private int _isCut;

    public KafkaConnection(DoorParts door, KafkaListener listener, ConnectionContext connection)
    {
        _door = door;
        _connection = connection;
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, door.Closing);
        _readerLimits = door.ReaderLimits;
        IPEndPoint? remote = ClientAddress.Of(connection.RemoteEndPoint);
        Address = remote?.Address;
        _client = new ClientConnection(listener.Name, remote?.ToString() ?? "", _aborted.Token);
        _reader = new RequestReader(connection.Transport.Input, door.Limits, door.RequestMemory, OnProgress);
        _socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        Socket? socket = listener.Certificate is null ? _socket : null;
        AnswerOutput output = socket is null
            ? new PipeOutput(connection.Transport.Output, door.Metrics, OnTaken)
            : new SocketOutput(socket, door.Metrics, OnTaken);
        _unsent = new UnsentAnswers(door.AnswerMemory, door.Limits.MaxUnsentBytesPerConnection);
        _sender = new AnswerSender(output, _unsent, OnTaken, door.Metrics);
        _answers = new AnswerQueue(_sender, OnSent, OnSendFailed);
        _onAnswered = _answers.OnAnswered;
    }

    /// <summary>The client's address; null when the transport has none.</summary>
    public IPAddress? Address { get; }

    /// <summary>For how long the client owes the end of a request, milliseconds; 0 when it owes none.</summary>
    public long MidRequestMs => _reader.MidRequestMs;

    /// <summary>Memory of answers that the client could free by reading, bytes.</summary>
    public long AnswerBytes => _answers.IsSending ? _unsent.Counted : 0;

    /// <summary>Memory of its request that the client could free by reading, bytes.</summary>
    public long RequestBytes => _answers.IsSending ? _reader.Held : 0;

    /// <summary>Memory of its request that the client could free by sending the rest of it, bytes.</summary>
    public long UnfinishedBytes => _reader.IsMidRequest ? _reader.Held : 0;

    /// <summary>Who it is, for the log.</summary>
    public string Peer => _client.Peer;

    /// <summary>For how long the client has taken nothing of what is being sent, milliseconds.</summary>
    public long UntakenMs => Environment.TickCount64 - Volatile.Read(ref _lastTaken);

    /// <summary>How long no byte has moved, milliseconds.</summary>
    public long QuietMs => Environment.TickCount64 - Volatile.Read(ref _lastProgress);

    /// <summary>Serves the client until it goes, or is sent away.</summary>
    public async Task RunAsync()
    {
        try
        {
            await ServeAsync().ConfigureAwait(false);
        }
        catch (KafkaProtocolException exception)
        {
            _door.Metrics.Closed("protocol");
            _door.Log.BadRequest(Address, _client.Peer, _client.Listener, exception);
        }
        catch (NotServedException exception)
        {
            _door.Metrics.Closed("not-served");
            _door.Log.NotServed(Address, _client.Peer, _client.Listener, exception);
        }
        catch (ConnectionEndsException exception)
        {
            _door.Metrics.Closed("refused");
            _door.Log.Ended(_client.Peer, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException or ConnectionAbortedException)
        {
            _door.Log.Ended(_client.Peer, exception.Message); // the client went
        }
#pragma warning disable CA1031 // A handler may throw anything; this client's connection ends and the door goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _door.Metrics.Closed("error");
            _door.Log.Failed(Address, _client.Peer, exception);
        }

        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>Cuts the connection.</summary>
    /// <param name="reason">For the log and the metric, one word.</param>
    public void Abort(string reason)
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 1)
        {
            return;
        }

        _door.Metrics.Closed(reason);
        _door.Log.Cut(Address, _client.Peer, reason, QuietMs);
        _connection.Abort(new ConnectionAbortedException(reason));
    }

    /// <summary>Cuts the connection since others want the memory of a request that hardly comes.</summary>
    /// <param name="held">Bytes that come back with it.</param>
    /// <param name="rate">What came of the request, bytes per second.</param>
    public void AbortSlow(long held, long rate)
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            _door.Metrics.Closed("slow");
            _door.Log.Slow(_client.Peer, rate, held);
            _connection.Abort(new ConnectionAbortedException("slow"));
        }
    }

    /// <summary>Looks at how fast the client sends the request that it is in the middle of; only who looks at all connections calls it.</summary>
    /// <returns>Bytes per second since the last look; null when it owed nothing for a part of that time.</returns>
    public long? LookAtRate() => _receiveRate.Look(
        Environment.TickCount64, (long)_door.Limits.ReceivePatience.TotalMilliseconds, _reader.OwingSince, _reader.Received + ArrivedBytes());

    /// <inheritdoc/>
    public void Dispose()
    {
        _aborted.Dispose();
        _sender.Dispose();
    }

    private async ValueTask EndAsync()
    {
        _answers.Break();
        await _aborted.CancelAsync().ConfigureAwait(false);
        if (_answers.IsSending)
        {
            _connection.Abort();
            await _answers.UntilIdleAsync().ConfigureAwait(false);
        }

        // What is answered is let go of now, the rest when replicas have acknowledged it.
        await _answers.SendAsync().ConfigureAwait(false);
        _reader.Close();
    }

    private async Task ServeAsync()
    {
        int together = 0;
        long turnBegan = Environment.TickCount64;
        while (await _reader.NextAsync(_aborted.Token).ConfigureAwait(false) is { } frame)
        {
            Exchange exchange;
            try
            {
                exchange = Open(frame);
            }
            catch (Exception exception) when (exception is KafkaProtocolException or NotServedException)
            {
                await _answers.SendAsync().ConfigureAwait(false); // those before it
                throw;
            }

            BrokerApi api = _door.Broker.Api ?? throw new ConnectionEndsException($"The broker does not serve now: {_door.Broker.NotReadyReason}.");
            var scope = new RequestScope(api, exchange.Header.ApiVersion, exchange.Header.ClientId, _client);
            await MakeRoomAsync(exchange, exchange.EstimateAnswer(scope)).ConfigureAwait(false);
            _answers.Add(exchange);
            await RunAsync(exchange, scope).ConfigureAwait(false);
            _reader.Done();
            OnProgress();
            if (exchange.LetsNextBegin)
            {
                if (++together >= MostTogether || !_reader.HasNext(TogetherBytes))
                {
                    together = 0;
                    await _answers.SendAsync().ConfigureAwait(false);
                }
            }
            else
            {
                await _answers.SettleAsync(0).ConfigureAwait(false);
            }

            ThrowIfSendingFailed();
            _door.Closing.ThrowIfCancellationRequested();
            if (Environment.TickCount64 - turnBegan >= TurnMs)
            {
                await Task.Yield();
                turnBegan = Environment.TickCount64;
            }
        }

        // The client sends nothing more, and may still want what it has asked for.
        await _answers.SettleAsync(0).ConfigureAwait(false);
        ThrowIfSendingFailed();
    }

    /// <summary>Waits until an answer may be made. Meanwhile nothing more is read of this client; what it was to be told leaves.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MakeRoomAsync(Exchange exchange, long bytes)
    {
        // Only produce requests overlap. Another's answer would wait for theirs, however large it is.
        int most = exchange.LetsNextBegin && _unsent.HasRoomFor(bytes) ? _door.Limits.MaxUnansweredProduces - 1 : 0;
        if (_answers.Count > most || (most == 0 && _answers.IsSending))
        {
            await _answers.SettleAsync(most).ConfigureAwait(false);
        }

        if (!_unsent.TryTake(exchange, bytes))
        {
            await _answers.SendAsync().ConfigureAwait(false);
            await _unsent.TakeAsync(exchange, _aborted.Token).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RunAsync(Exchange exchange, RequestScope scope)
    {
        _answers.BeginServing();
        try
        {
            ValueTask served = exchange.RunAsync(scope);
            if (!served.IsCompleted)
            {
                _answers.EndServing();
                await _answers.SendAsync().ConfigureAwait(false); // nobody waits for a request behind its own
                if (exchange.Api.Info.Key == ApiKey.Fetch)
                {
                    _reader.Done(); // it may wait for minutes, and others for its memory
                }
            }

            await served.ConfigureAwait(false);
        }
        catch
        {
            // It is not answered, so nobody else will.
            _unsent.Return(exchange);
            if (!exchange.LetsNextBegin)
            {
                exchange.Release();
            }

            throw;
        }
        finally
        {
            _answers.EndServing();
        }
    }

    /// <summary>Bytes that came, and wait until this process gets to them: no fault of who sent them.</summary>
    private long ArrivedBytes()
    {
        try
        {
            return _reader.IsMidRequest ? _socket?.Available ?? 0 : 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return 0; // it has gone
        }
    }

    private void ThrowIfSendingFailed()
    {
        switch (_sendFailure)
        {
            case null:
                return;
            case ConnectionEndsException or IOException or SocketException or ObjectDisposedException or StorageException
                or OperationCanceledException or ConnectionAbortedException:
                throw new ConnectionEndsException(_sendFailure.Message);
            default:
                throw new InvalidOperationException("An answer could not be sent.", _sendFailure);
        }
    }

    /// <summary>Reads header and body.</summary>
    private Exchange Open(in ReadOnlySequence<byte> frame)
    {
        var reader = new KafkaReader(frame, _readerLimits, _strings);
        RequestHeader header = RequestHeader.Read(ref reader);
        ServedApi api = _door.Apis.Find(header.ApiKey)
            ?? throw NotServedException.Of(header.ApiKey);
        if (!api.Serves(header.ApiVersion))
        {
            if (api.Info.Key != ApiKey.ApiVersions)
            {
                throw NotServedException.Of(api, header.ApiVersion);
            }

            // Version 0 is what any client can read of the answer, and the header's version is 0 in any case (KIP-511).
            var told = new UnsupportedApiVersions(api) { Api = api };
            told.Begin(header with { ApiVersion = 0 }, Stopwatch.GetTimestamp(), _onAnswered);
            return told;
        }

        Exchange exchange = _idle.Take(api);
        exchange.Begin(header, Stopwatch.GetTimestamp(), _onAnswered);
        (exchange.RequestBytes, exchange.AnswerBytes) = ((int)frame.Length, 0);
        exchange.Read(ref reader);
        return exchange;
    }

    private void OnSent(Exchange exchange)
    {
        _door.Metrics.Answered(exchange.Api, Stopwatch.GetElapsedTime(exchange.BeganAt));
        exchange.Release();
        _idle.Return(exchange, _unsent.Return(exchange));
    }

    private void OnSendFailed(Exception exception)
    {
        _sendFailure = exception;
        _connection.Abort();
    }

    private void OnTaken()
    {
        Volatile.Write(ref _lastTaken, Environment.TickCount64);
        OnProgress();
    }

    private void OnProgress() => Volatile.Write(ref _lastProgress, Environment.TickCount64);
}
