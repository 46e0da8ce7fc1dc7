using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Broker.Producing;
using RaftStream.Broker.Threads;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Rpc;

namespace RaftStream.Grpc.Producing;

/// <summary>One produce stream: appends requests in the order in which they come and answers as they are acknowledged.</summary>
/// <remarks>
/// Two parties: the reader, and whoever sends answers. There is no loop for the latter: the reader sends what it has
/// before it waits for requests, so that the answer to a lone request costs no change of threads and those of a burst
/// share a flush; answers that come from elsewhere (a flush, a timeout) are sent by a work item. One of them at a time.
/// </remarks>
internal sealed class ProduceStreamCall : IProduceSink, IThreadPoolWorkItem, IDisposable
{
    /// <summary>Answers that the reader lets gather while more requests are there already.</summary>
    private const int GatheredAnswers = 64;

    private static readonly WriteOptions Gather = new(WriteFlags.BufferHint);

    private readonly IncomingCall _call;
    private readonly BrokerApi _api;
    private readonly IServerStreamWriter<ProduceReply> _responses;
    private readonly UnansweredRequests _open = new();
    private readonly ProducePreparation _preparation;
    private readonly AppendTicket _ticket = new();
    private readonly Signal _progress = new();
    private readonly ProduceReply _reply = new();
    private readonly Dictionary<string, ProduceRelay> _relays = new(StringComparer.Ordinal);
    private int _appendingThread;
    private int _sending;
    private Exception? _failure;

    public ProduceStreamCall(IncomingCall call, IServerStreamWriter<ProduceReply> responses)
    {
        _call = call;
        _api = call.Api;
        _responses = responses;
        _responses.WriteOptions = Gather;
        _preparation = new ProducePreparation(_api);
    }

    /// <summary>Runs the stream to its end: all requests appended, all answers sent.</summary>
    public async Task RunAsync(IAsyncStreamReader<ProduceMessage> requests, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(requests, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (ProduceRelay relay in _relays.Values)
            {
                await relay.DisposeAsync().ConfigureAwait(false);
            }

            // From here on nobody may touch the call: the next to send would have to take the flag, and it stays taken.
            while (Interlocked.Exchange(ref _sending, 1) != 0)
            {
                await _progress.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    void IProduceSink.OnProduced(ulong requestId, in ProduceResult result) => Answer(requestId, result, told: null);

    void IThreadPoolWorkItem.Execute() => _ = SendQuietlyAsync();

    /// <inheritdoc/>
    public void Dispose() => _preparation.Dispose();

    private async Task ReadAsync(IAsyncStreamReader<ProduceMessage> requests, CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueTask<bool> next = requests.MoveNextAsync(cancellationToken);
            if (!next.IsCompleted || _open.AnswerCount >= GatheredAnswers)
            {
                await SendAsync().ConfigureAwait(false);
            }

            if (!await next.ConfigureAwait(false))
            {
                break;
            }

            ProduceMessage message = requests.Current;
            await AppendAsync(message).ConfigureAwait(false);
            HotMessages.Return(message);
            await WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (ProduceRelay relay in _relays.Values)
        {
            await relay.CompleteAsync().ConfigureAwait(false);
        }

        await SettleAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AppendAsync(ProduceMessage message)
    {
        OperationError? error = _preparation.Prepare(message);
        if (error is not null || !_preparation.Partition.IsLedHere)
        {
            error = await _preparation.PrepareAgainAsync(message, _call, error).ConfigureAwait(false);
            if (_preparation.IsElsewhere(error) && _call.FindLeader(message.Topic, _preparation.PartitionNumber) is { } leader)
            {
                await RelayAsync(message, leader).ConfigureAwait(false);
                return;
            }
        }

        if (error is not null)
        {
            Refuse(message, error);
            return;
        }

        BrokerPartition partition = _preparation.Partition;
        ulong requestId = Open(message, partition.Partition);
        _appendingThread = Environment.CurrentManagedThreadId;
        ValueTask appended = _api.ProduceAsync(new ProduceCommand
        {
            Partition = partition,
            Batch = _preparation.Batch,
            Acks = Requests.ReadAcks(message.Acks),
            TimeoutMs = message.TimeoutMs,
            Sink = this,
            RequestId = requestId,
            Ticket = _ticket,
        });
        _appendingThread = 0;
        await appended.ConfigureAwait(false);
    }

    private ulong Open(ProduceMessage message, int partition) => _open.Add(new StreamRequest(
        message.CorrelationId, partition, (int)_preparation.Batch.Length, message.Acks != Acks.None));

    private void Refuse(ProduceMessage message, OperationError error)
    {
        if (message.Acks != Acks.None)
        {
            _ = message.Topic.TryGetId(out TopicId id);
            Error told = GrpcErrors.ToError(_api, error.Code, error.Message, id, message.Topic.Name, _preparation.PartitionNumber)!;
            _open.Refuse(message.CorrelationId, message.Partition, told);
        }
    }

    /// <summary>Passes a request on to the partition's leader; a relay that broke is replaced.</summary>
    private async ValueTask RelayAsync(ProduceMessage message, LeaderAddress leader)
    {
        ulong requestId = Open(message, leader.Partition.Partition);
        if (!_relays.TryGetValue(leader.Endpoint, out ProduceRelay? relay) || relay.IsOver)
        {
            if (relay is not null)
            {
                await relay.DisposeAsync().ConfigureAwait(false);
            }

            _relays[leader.Endpoint] = relay = new ProduceRelay(_call, leader, OnRelayed);
        }

        await relay.SendAsync(leader, message, _preparation.Batch, requestId).ConfigureAwait(false);
    }

    private void OnRelayed(ulong requestId, ProduceReply? answer, Error? error)
    {
        ErrorCode code = error is null ? ErrorCode.None : (ErrorCode)error.Code;
        ProduceResult result = answer is null
            ? ProduceResult.Failed(code)
            : new ProduceResult(code, null, new Offset(answer.BaseOffset), answer.LogAppendTimeMs, new Offset(answer.LogStartOffset));
        Answer(requestId, result, error);
    }

    /// <summary>An answer is there: whoever appends sends it afterwards, else a work item does.</summary>
    private void Answer(ulong requestId, in ProduceResult result, Error? told)
    {
        _open.Answer(requestId, result, told);
        _progress.Set();
        if (_appendingThread != Environment.CurrentManagedThreadId && Volatile.Read(ref _sending) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        // Full: the stream is not read on, and the transport makes the client wait.
        while (_open.Count + _open.AnswerCount >= _api.Limits.MaxUnansweredPerStream
            || _open.Bytes >= _api.Limits.MaxUnansweredBytesPerStream)
        {
            await SendAsync().ConfigureAwait(false);
            await ProgressAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>After the last request: waits until each one has its answer, and the answers have left.</summary>
    private async ValueTask SettleAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await SendAsync().ConfigureAwait(false);
            if (_open.IsSettled && Volatile.Read(ref _sending) == 0)
            {
                return;
            }

            await ProgressAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask ProgressAsync(CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static progress => ((Signal)progress!).Set(), _progress);
        await using (registration.ConfigureAwait(false))
        {
            await _progress.WaitAsync().ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new IOException("The answers of the stream could not be sent.", failure);
        }
    }

    /// <summary>Sends all answers that are there, unless somebody else is at it: that one sends ours too.</summary>
    private async ValueTask SendAsync()
    {
        while (_open.AnswerCount > 0 && Interlocked.Exchange(ref _sending, 1) == 0)
        {
            try
            {
                while (_open.TryTake(out StreamAnswer answer))
                {
                    Fill(answer);
                    await _responses.WriteValueAsync(_reply).ConfigureAwait(false);
                }

                await _responses.FlushAsync().ConfigureAwait(false);
            }
            finally
            {
                Volatile.Write(ref _sending, 0);
                _progress.Set();
            }
        }
    }

    /// <summary>As a work item: a failure is told to the reader, which ends the call.</summary>
    private async Task SendQuietlyAsync()
    {
        try
        {
            await SendAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The reader rethrows it.
        catch (Exception exception)
        {
            Volatile.Write(ref _failure, exception);
            _progress.Set();
        }
#pragma warning restore CA1031
    }

    private void Fill(in StreamAnswer answer)
    {
        _reply.CorrelationId = answer.CorrelationId;
        _reply.Partition = answer.Partition;
        _reply.BaseOffset = answer.Result.BaseOffset.Value;
        _reply.LogAppendTimeMs = answer.Result.LogAppendTimeMs;
        _reply.LogStartOffset = answer.Result.LogStartOffset.Value;
        _reply.Error = answer.Told ?? GrpcErrors.ToError(answer.Result.Error, answer.Result.Message);
    }
}
