using System.Text;
using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Rpc;

namespace RaftStream.Grpc.Consuming;

/// <summary>One consume stream: as fast as the client reads and never faster, parked while there is no news.</summary>
internal sealed class ConsumeCall : IDisposable
{
    private readonly BrokerApi _api;
    private readonly IncomingCall _call;
    private readonly ConsumeRelays _relays;
    private readonly ConsumeRequest _request;
    private readonly IServerStreamWriter<ConsumeReply> _responses;
    private readonly ConsumeSession _session;
    private readonly ConsumeReply _reply = new();
    private readonly SlicePayload _payload = new();
    private readonly RecordDecoder? _decoder;
    private int _reading;

    public ConsumeCall(IncomingCall call, ConsumeRequest request, IServerStreamWriter<ConsumeReply> responses)
    {
        BrokerApi api = call.Api;
        _call = call;
        _api = api;
        _relays = new ConsumeRelays(call, request, responses);
        _request = request;
        _responses = responses;
        _session = api.NewConsume(request.MaxBytes);
        _decoder = request.Format == RecordFormat.Records ? new RecordDecoder(api.Limits.MaxDecompressedBytes) : null;
    }

    /// <summary>Runs until the client leaves, or every partition has ended with an error.</summary>
    public async Task RunAsync()
    {
        BrokerAccess.CheckCount(_api, _request.Partitions.Count);
        for (int i = 0; i < _request.Partitions.Count; i++)
        {
            await BeginAsync(i).ConfigureAwait(false);
        }

        if (_relays.IsEmpty)
        {
            await ReadAsync(_call.CancellationToken).ConfigureAwait(false);
        }
        else
        {
            await _relays.RunAsync(ReadInTurnAsync).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _decoder?.Dispose();
        _relays.Dispose();
    }

    /// <summary>Reads what is led here, the only one to write to the client.</summary>
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (_reading > 0)
        {
            if (_session.TryRead(out int index, out PartitionRead read))
            {
                await SendAsync(index, read).ConfigureAwait(false);
            }
            else if (await _session.WaitAsync(_request.HeartbeatMs, cancellationToken).ConfigureAwait(false))
            {
                await SendHeartbeatsAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads what is led here, beside relays that write to the client too.</summary>
    private async Task ReadInTurnAsync(CancellationToken cancellationToken)
    {
        while (_reading > 0)
        {
            await _relays.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (_session.TryRead(out int index, out PartitionRead read))
                {
                    await SendAsync(index, read).ConfigureAwait(false);
                    continue;
                }
            }
            finally
            {
                _relays.EndTurn();
            }

            if (await _session.WaitAsync(_request.HeartbeatMs, cancellationToken).ConfigureAwait(false))
            {
                await _relays.TakeTurnAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await SendHeartbeatsAsync().ConfigureAwait(false);
                }
                finally
                {
                    _relays.EndTurn();
                }
            }
        }
    }

    private async ValueTask BeginAsync(int index)
    {
        FetchPartition asked = _request.Partitions[index];
        if (!TryFind(asked, out TopicReference topic, out BrokerPartition found, out OperationError? error)
            && await _call.CatchUpAsync().ConfigureAwait(false))
        {
            TryFind(asked, out topic, out found, out error);
        }

        if (found is { Exists: true, IsLedHere: true })
        {
            await AddOrSendAwayAsync(found, asked).ConfigureAwait(false);
        }
        else if (found.Exists && !asked.FromLeader && _api.ServesAsFollower(found, _request.Rack))
        {
            Add(found, asked, fromFollower: true);
        }
        else if (_call.FindLeader(asked.Topic, asked.Partition) is { } leader)
        {
            _relays.Add(leader, index);
        }
        else if (found.Exists)
        {
            Add(found, asked);
        }
        else
        {
            await RefuseAsync(asked, topic, error!).ConfigureAwait(false);
        }
    }

    /// <summary>True when this broker leads the partition.</summary>
    private bool TryFind(FetchPartition asked, out TopicReference topic, out BrokerPartition found, out OperationError? error)
    {
        if (!Requests.TryRead(asked.Topic, out topic))
        {
            found = default;
            error = new OperationError(ErrorCode.InvalidRequest, "A topic id has 16 bytes.");
            return false;
        }

        return _api.TryFind(Encoding.UTF8.GetBytes(topic.Name), topic.Id, asked.Partition, out found, out error) && found.IsLedHere;
    }

    /// <summary>A consumer of another rack is told of a follower in its own, where there is one .</summary>
    private async ValueTask AddOrSendAwayAsync(BrokerPartition partition, FetchPartition asked)
    {
        NodeId replica = asked.FromLeader || _call.IsForwarded
            ? NodeId.None
            : _api.FindReadReplica(partition, _request.Rack, new Offset(asked.FetchOffset));
        if (replica == NodeId.None)
        {
            Add(partition, asked);
            return;
        }

        PartitionRecordsMessage message = _reply.Records;
        AnswerFiller.Fill(message, _api, partition, new PartitionRead
        {
            HighWatermark = new Offset(-1),
            LogStartOffset = new Offset(-1),
            LeaderEpoch = LeaderEpoch.Unknown,
        });
        message.ReadFrom = new ReadReplica { NodeId = replica.Value };
        await _responses.WriteValueAsync(_reply).ConfigureAwait(false);
    }

    private void Add(BrokerPartition partition, FetchPartition asked, bool fromFollower = false)
    {
        _session.Add(partition, Requests.ReadPosition(asked) with { FromFollower = fromFollower });
        _reading++;
    }

    private async ValueTask RefuseAsync(FetchPartition asked, TopicReference topic, OperationError error)
    {
        PartitionRecordsMessage message = _reply.Records;
        message.Clear();
        message.Topic.Set(topic.Name, topic.Id);
        message.Partition = asked.Partition;
        message.HighWatermark = message.LastStableOffset = message.LogStartOffset = message.LeaderEpoch = -1;
        message.Error = GrpcErrors.ToError(_api, error, topic, asked.Partition);
        await _responses.WriteValueAsync(_reply).ConfigureAwait(false);
    }

    private ValueTask SendAsync(int index, PartitionRead read)
    {
        try
        {
            PartitionRecordsMessage message = _reply.Records;
            AnswerFiller.Fill(message, _api, _session.PartitionAt(index), read);
            if (!read.Slice.IsEmpty)
            {
                FillBatches(message, index, read);
            }

            if (message.Error is not null || message.Diverging is not null)
            {
                _reading--;
                _session.End(index);
            }

            // The bytes are in the transport's memory when the write returns, even before it completes.
            return _responses.WriteValueAsync(_reply);
        }
        finally
        {
            _payload.Slice = default;
            read.Dispose();
        }
    }

    private void FillBatches(PartitionRecordsMessage message, int index, in PartitionRead read)
    {
        if (_decoder is null)
        {
            _payload.Slice = read.Slice;
            message.Payload = _payload;
            return;
        }

        int maxBytes = _request.MaxBytes > 0 ? _request.MaxBytes : _api.Limits.DefaultConsumeBytes;
        Offset next = AnswerFiller.FillRecords(message, _decoder, read.Slice, _session.AskedAt(index), maxBytes);
        _session.MoveTo(index, next);
    }

    private async ValueTask SendHeartbeatsAsync()
    {
        for (int i = 0; i < _session.Count; i++)
        {
            if (!_session.HasEnded(i))
            {
                AnswerFiller.Fill(_reply.Records, _api, _session.PartitionAt(i), _session.Look(i));
                await _responses.WriteValueAsync(_reply).ConfigureAwait(false);
            }
        }
    }
}
