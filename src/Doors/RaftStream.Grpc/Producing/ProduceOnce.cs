using RaftStream.Broker;
using RaftStream.Broker.Producing;
using RaftStream.Contracts;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Grpc.Producing;

/// <summary>One produce request outside a stream. Pooled.</summary>
internal sealed class ProduceOnce(BrokerApi api) : IDisposable
{
    private readonly ProducePreparation _preparation = new(api);
    private readonly ProduceCall _call = new();
    private readonly ForwardedProduce _forwarded = new();

    /// <summary>The answer of the last request.</summary>
    public ProduceReply Reply { get; } = new();

    /// <summary>Appends and waits for the acknowledgement; fills <see cref="Reply"/>.</summary>
    /// <remarks>With acks = 0 it answers when the append is done: a call needs an answer.</remarks>
    public async ValueTask RunAsync(ProduceMessage message, IncomingCall incoming)
    {
        OperationError? error = _preparation.Prepare(message);
        if (error is not null || !_preparation.Partition.IsLedHere)
        {
            error = await _preparation.PrepareAgainAsync(message, incoming, error).ConfigureAwait(false);
            int partition = _preparation.PartitionNumber;
            if (_preparation.IsElsewhere(error) && incoming.FindLeader(message.Topic, partition) is { } leader)
            {
                await _forwarded.RunAsync(incoming, leader, message, partition, _preparation.Batch, Reply).ConfigureAwait(false);
                return;
            }
        }

        if (error is not null)
        {
            Fill(message, message.Partition, ProduceResult.Failed(error.Code, error.Message));
            return;
        }

        ValueTask<ProduceResult> answer = _call.BeginAsync();
        await api.ProduceAsync(new ProduceCommand
        {
            Partition = _preparation.Partition,
            Batch = _preparation.Batch,
            Acks = Requests.ReadAcks(message.Acks),
            TimeoutMs = message.TimeoutMs,
            Sink = _call,
            Ticket = _call.Ticket,
        }).ConfigureAwait(false);
        Fill(message, _preparation.Partition.Partition, await answer.ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public void Dispose() => _preparation.Dispose();

    private void Fill(ProduceMessage message, int partition, in ProduceResult result)
    {
        Reply.CorrelationId = message.CorrelationId;
        Reply.Partition = partition;
        Reply.BaseOffset = result.BaseOffset.Value;
        Reply.LogAppendTimeMs = result.LogAppendTimeMs;
        Reply.LogStartOffset = result.LogStartOffset.Value;
        _ = message.Topic.TryGetId(out TopicId id);
        Reply.Error = result.Error == ErrorCode.None
            ? null
            : GrpcErrors.ToError(api, result.Error, result.Message, id, message.Topic.Name, partition);
    }
}
