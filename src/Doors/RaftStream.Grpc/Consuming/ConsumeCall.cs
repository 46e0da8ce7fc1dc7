using System.Text;
using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Rpc;

namespace RaftStream.Grpc.Consuming;

/// <summary>One consume stream: as fast as the client reads and never faster, parked while there is no news.</summary>
internal sealed class ConsumeCall : IDisposable
{
    private readonly BrokerApi _api;
    private readonly ConsumeRequest _request;
    private readonly IServerStreamWriter<ConsumeReply> _responses;
    private readonly ConsumeSession _session;
    private readonly ConsumeReply _reply = new();
    private readonly SlicePayload _payload = new();
    private readonly RecordDecoder? _decoder;
    private int _reading;

    public ConsumeCall(BrokerApi api, ConsumeRequest request, IServerStreamWriter<ConsumeReply> responses)
    {
        _api = api;
        _request = request;
        _responses = responses;
        _session = api.NewConsume(request.MaxBytes);
        _decoder = request.Format == RecordFormat.Records ? new RecordDecoder(api.Limits.MaxDecompressedBytes) : null;
    }

    /// <summary>Runs until the client leaves, or every partition has ended with an error.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        BrokerAccess.CheckCount(_api, _request.Partitions.Count);
        foreach (FetchPartition partition in _request.Partitions)
        {
            await BeginAsync(partition).ConfigureAwait(false);
        }

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

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _decoder?.Dispose();
    }

    private async ValueTask BeginAsync(FetchPartition asked)
    {
        OperationError? error = new(ErrorCode.InvalidRequest, "A topic id has 16 bytes.");
        if (Requests.TryRead(asked.Topic, out var topic)
            && _api.TryFind(Encoding.UTF8.GetBytes(topic.Name), topic.Id, asked.Partition, out BrokerPartition found, out error))
        {
            _session.Add(found, Requests.ReadPosition(asked));
            _reading++;
            return;
        }

        PartitionRecordsMessage message = _reply.Records;
        message.Clear();
        message.Topic.Set(topic.Name, topic.Id);
        message.Partition = asked.Partition;
        message.HighWatermark = message.LastStableOffset = message.LogStartOffset = message.LeaderEpoch = -1;
        message.Error = GrpcErrors.ToError(error);
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
