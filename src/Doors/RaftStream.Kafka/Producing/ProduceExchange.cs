using System.Runtime.CompilerServices;
using RaftStream.Broker;
using RaftStream.Broker.Producing;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Kafka.Producing;

/// <summary>Produce: appends one batch per partition, in order, straight from the frame's memory; answered when all are in .</summary>
/// <remarks>
/// Answers of partitions come on any thread, each into a row of its own; the last one completes the answer. Not to be used again when it
/// was released before it was answered: the broker may still be about to tell it the outcome.
/// </remarks>
internal sealed class ProduceExchange : Exchange, IProduceSink
{
    private const short FirstWithTopicIds = 13;
    private const short FirstWithLeaders = 10;

    // A partition, or a topic, in request and answer, with a sentence about what was wrong.
    private const long RowBytes = 1024;

    private readonly ProduceRequest _request = new();
    private readonly ProduceResponse _response = new();
    private readonly AppendTicket _ticket = new();
    private readonly List<ProducePart> _parts = [];
    private RequestScope _scope;
    private RequiredAcks _acks;
    private int _open;
    private bool _hasFailed;

    /// <inheritdoc/>
    public override bool LetsNextBegin => true;

    /// <inheritdoc/>
    public override bool IsSilent => _acks == RequiredAcks.None;

    /// <summary>Who wants no answer is told of an error in the only way that is left.</summary>
    public override bool ClosesConnection => IsSilent && _hasFailed;

    /// <inheritdoc/>
    public override IKafkaMessage Response => _response;

    /// <inheritdoc/>
    public override void Read(ref KafkaReader reader)
    {
        _request.Read(ref reader, Header.ApiVersion);
        reader.CheckEnd(Api.Info.Name);
    }

    /// <inheritdoc/>
    public override long EstimateAnswer(RequestScope scope)
    {
        long rows = 0;
        foreach (ProduceRequest.TopicProduceData topic in _request.TopicData)
        {
            rows += 1 + topic.PartitionData.Count;
        }

        return rows * RowBytes;
    }

    /// <inheritdoc/>
    public override ValueTask RunAsync(RequestScope scope)
    {
        _scope = scope;
        _acks = (RequiredAcks)_request.Acks;
        _hasFailed = false;
        FindAll();

        // One more than there are partitions: the answer must not leave before the last one is handed over.
        _open = _parts.Count + 1;
        for (int i = 0; i < _parts.Count; i++)
        {
            ValueTask appended = AppendAsync(i);
            if (!appended.IsCompletedSuccessfully)
            {
                return AppendRestAsync(appended, i + 1);
            }
        }

        Settle();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Release()
    {
        _request.Reset();
        if (IsAnswered)
        {
            _parts.Clear();
            _response.Reset();
            _scope = default;
        }
    }

    void IProduceSink.OnProduced(ulong requestId, in ProduceResult result)
    {
        Fill(_parts[(int)requestId].Row, result);
        Settle();
    }

    private bool IsById => _scope.Version >= FirstWithTopicIds;

    /// <summary>A row of the answer for each partition, and the partition itself where this broker has it.</summary>
    private void FindAll()
    {
        Span<byte> buffer = stackalloc byte[TopicKey.MaxNameBytes];
        foreach (ProduceRequest.TopicProduceData topic in _request.TopicData)
        {
            ProduceResponse.TopicProduceResponse answer = _response.Responses.Add();
            answer.Name = topic.Name;
            answer.TopicId = topic.TopicId;
            TopicKey key = TopicKey.Of(IsById, topic.Name, topic.TopicId, buffer);
            foreach (ProduceRequest.PartitionProduceData asked in topic.PartitionData)
            {
                ProduceResponse.PartitionProduceResponse row = answer.PartitionResponses.Add();
                row.Index = asked.Index;
                ErrorCode error = key.Find(_scope.Api, IsById, asked.Index, out BrokerPartition partition, out string? why);
                if (error == ErrorCode.None)
                {
                    error = ProducedRecords.Check(asked.Records, _request.TransactionalId, _scope.Version, out why);
                }

                _parts.Add(new ProducePart(row, partition, asked.Records, error, why));
            }
        }
    }

    /// <summary>Somebody else is inside a partition: its append is queued, and the ones after it wait.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AppendRestAsync(ValueTask appended, int next)
    {
        await appended.ConfigureAwait(false);
        for (int i = next; i < _parts.Count; i++)
        {
            await AppendAsync(i).ConfigureAwait(false);
        }

        Settle();
    }

    private ValueTask AppendAsync(int index)
    {
        ProducePart part = _parts[index];
        if (part.Error != ErrorCode.None)
        {
            Fill(part.Row, ProduceResult.Failed(part.Error, part.Why));
            Settle();
            return ValueTask.CompletedTask;
        }

        return _scope.Api.ProduceAsync(new ProduceCommand
        {
            Partition = part.Partition,
            Batch = part.Records.Bytes,
            Acks = _acks,
            TimeoutMs = Math.Max(1, _request.TimeoutMs),
            Sink = this,
            RequestId = (ulong)index,
            Ticket = _ticket,
        });
    }

    private static void Fill(ProduceResponse.PartitionProduceResponse row, in ProduceResult result)
    {
        row.ErrorCode = (short)PartitionErrors.ToClient(result.Error);
        row.BaseOffset = result.BaseOffset.Value;
        row.LogAppendTimeMs = result.LogAppendTimeMs;
        row.LogStartOffset = result.LogStartOffset.Value;
        if (result.Error == ErrorCode.None)
        {
            return;
        }

        row.ErrorMessage = result.Message;
        if (result.FaultyRecord is { } record)
        {
            ProduceResponse.BatchIndexAndErrorMessage error = row.RecordErrors.Add();
            error.BatchIndex = record;
            error.BatchIndexErrorMessage = result.Message;
        }
    }

    private void Settle()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            CheckErrors();
            Answer();
        }
    }

    private void CheckErrors()
    {
        foreach (ProduceResponse.TopicProduceResponse topic in _response.Responses)
        {
            foreach (ProduceResponse.PartitionProduceResponse row in topic.PartitionResponses)
            {
                _hasFailed |= row.ErrorCode != (short)ErrorCode.None;
                if (row.ErrorCode == (short)ErrorCode.NotLeaderOrFollower && _scope.Version >= FirstWithLeaders)
                {
                    TellLeader(topic, row);
                }
            }
        }
    }

    /// <summary>KIP-951: where to go instead.</summary>
    private void TellLeader(ProduceResponse.TopicProduceResponse topic, ProduceResponse.PartitionProduceResponse row)
    {
        TopicKey key = TopicKey.Of(IsById, topic.Name, topic.TopicId, stackalloc byte[TopicKey.MaxNameBytes]);
        if (key.FindLeader(_scope.Api, row.Index, out LeaderEpoch epoch) is not { } leader)
        {
            return;
        }

        row.CurrentLeader.LeaderId = leader.Id.Value;
        row.CurrentLeader.LeaderEpoch = epoch.Value;
        foreach (ProduceResponse.NodeEndpoint known in _response.NodeEndpoints)
        {
            if (known.NodeId == leader.Id.Value)
            {
                return;
            }
        }

        if (KafkaEndpoints.Find(leader, _scope.Listener) is { } endpoint)
        {
            ProduceResponse.NodeEndpoint node = _response.NodeEndpoints.Add();
            node.NodeId = leader.Id.Value;
            node.Host = endpoint.Host;
            node.Port = endpoint.Port;
            node.Rack = leader.Rack.Length > 0 ? leader.Rack : null;
        }
    }

    private readonly record struct ProducePart(
        ProduceResponse.PartitionProduceResponse Row, BrokerPartition Partition, WireBytes Records, ErrorCode Error, string? Why);
}
