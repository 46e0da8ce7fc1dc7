using RaftStream.Broker;
using RaftStream.Broker.Fetching;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Grpc.Consuming;

/// <summary>One fetch request. Pooled: keeps its lists, messages and buffers.</summary>
internal sealed class FetchOnce(BrokerApi api) : IDisposable
{
    private readonly FetchSession _session = api.NewFetch();
    private readonly List<Asked> _asked = [];
    private readonly List<SlicePayload> _payloads = [];
    private readonly List<RecordDecoder> _decoders = [];

    /// <summary>The answer; its batches are files that stay pinned until <see cref="Release"/>.</summary>
    public FetchReply Reply { get; } = new();

    /// <summary>Reads, waits if need be, and fills <see cref="Reply"/>; false when other brokers must be asked too: nothing is done then.</summary>
    public async ValueTask<bool> TryRunAsync(FetchRequest request, IncomingCall call)
    {
        BrokerAccess.CheckCount(api, request.Partitions.Count);
        if (!FindAll(request) && await call.CatchUpAsync().ConfigureAwait(false))
        {
            FindAll(request);
        }

        for (int i = 0; i < _asked.Count; i++)
        {
            if (!_asked[i].IsLedHere && call.FindLeader(request.Partitions[i].Topic, request.Partitions[i].Partition) is not null)
            {
                return false;
            }
        }

        await ReadAsync(request, request.MaxWaitMs, call.CancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Reads what is here and fills <see cref="Reply"/>; whatever other brokers lead is an error.</summary>
    public ValueTask RunHereAsync(FetchRequest request, int maxWaitMs, CancellationToken cancellationToken)
    {
        FindAll(request);
        return ReadAsync(request, maxWaitMs, cancellationToken);
    }

    /// <summary>The answer was sent: lets go of the files.</summary>
    public void Release()
    {
        foreach (SlicePayload payload in _payloads)
        {
            payload.Slice = default;
        }

        Reply.Clear();
        _session.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RecordDecoder decoder in _decoders)
        {
            decoder.Dispose();
        }
    }

    /// <summary>True when this broker leads all that it is asked for.</summary>
    private bool FindAll(FetchRequest request)
    {
        _session.Clear();
        _asked.Clear();
        bool isAllHere = true;
        foreach (FetchPartition partition in request.Partitions)
        {
            Asked asked = Find(partition);
            _asked.Add(asked);
            isAllHere &= asked.IsLedHere;
        }

        return isAllHere;
    }

    private async ValueTask ReadAsync(FetchRequest request, int maxWaitMs, CancellationToken cancellationToken)
    {
        bool mustAnswer = false;
        for (int i = 0; i < _asked.Count; i++)
        {
            mustAnswer |= _asked[i].Error is not null;
            if (_asked[i].Error is null)
            {
                _session.Add(_asked[i].Partition, Requests.ReadPosition(request.Partitions[i]));
            }
        }

        await _session.ReadAsync(mustAnswer ? 0 : maxWaitMs, request.MinBytes, request.MaxBytes, cancellationToken).ConfigureAwait(false);
        Fill(request);
    }

    private Asked Find(FetchPartition partition)
    {
        if (!Requests.TryRead(partition.Topic, out var topic))
        {
            return new Asked(default, new OperationError(ErrorCode.InvalidRequest, "A topic id has 16 bytes."));
        }

        byte[] name = System.Text.Encoding.UTF8.GetBytes(topic.Name);
        return api.TryFind(name, topic.Id, partition.Partition, out BrokerPartition found, out OperationError? error)
            ? new Asked(found, null)
            : new Asked(default, error);
    }

    private void Fill(FetchRequest request)
    {
        Reply.Clear();
        int read = 0;
        for (int i = 0; i < _asked.Count; i++)
        {
            PartitionRecordsMessage message = Reply.Add();
            if (_asked[i].Error is { } error)
            {
                FillError(message, request.Partitions[i], error);
                continue;
            }

            PartitionRead found = _session[read++];
            AnswerFiller.Fill(message, api, _asked[i].Partition, found);
            if (!found.Slice.IsEmpty)
            {
                FillBatches(message, i, found.Slice, request);
            }
        }
    }

    private void FillBatches(PartitionRecordsMessage message, int index, in LogSlice slice, FetchRequest request)
    {
        if (request.Format == RecordFormat.Batches)
        {
            while (_payloads.Count <= index)
            {
                _payloads.Add(new SlicePayload());
            }

            _payloads[index].Slice = slice;
            message.Payload = _payloads[index];
            return;
        }

        while (_decoders.Count <= index)
        {
            _decoders.Add(new RecordDecoder(api.Limits.MaxDecompressedBytes));
        }

        FetchPartition partition = request.Partitions[index];
        int maxBytes = partition.MaxBytes > 0 ? partition.MaxBytes : api.Limits.DefaultPartitionFetchBytes;
        AnswerFiller.FillRecords(message, _decoders[index], slice, new Offset(partition.FetchOffset), maxBytes);
    }

    private void FillError(PartitionRecordsMessage message, FetchPartition asked, OperationError error)
    {
        Requests.TryRead(asked.Topic, out var topic);
        message.Topic.Set(topic.Name, topic.Id);
        message.Partition = asked.Partition;
        message.HighWatermark = message.LastStableOffset = message.LogStartOffset = message.LeaderEpoch = -1;
        message.Error = GrpcErrors.ToError(api, error, topic, asked.Partition);
    }

    private readonly record struct Asked(BrokerPartition Partition, OperationError? Error)
    {
        public bool IsLedHere => Error is null && Partition.IsLedHere;
    }
}
