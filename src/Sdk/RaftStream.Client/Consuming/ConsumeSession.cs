using Grpc.Core;
using RaftStream.Client.Routing;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Rpc;

namespace RaftStream.Client.Consuming;

/// <summary>One consume stream: reads some partitions from their common leader until it fails or is stopped.</summary>
internal sealed class ConsumeSession : IAsyncDisposable
{
    private readonly Dictionary<TopicIdPartition, FetchCursor> _byId = [];
    private readonly Dictionary<NamedPartition, FetchCursor> _byName = [];
    private readonly FetchSettings _settings;
    private readonly BrokerChannel _channel;
    private readonly OwnedLoop _loop;
    private long _waitingSince = long.MaxValue;

    /// <summary>Begins to read. The cursors belong to the session until it was disposed of or <see cref="IsOver"/>.</summary>
    public ConsumeSession(FetchSettings settings, BrokerChannel channel, IReadOnlyList<FetchCursor> cursors, ClusterView view)
    {
        _settings = settings;
        _channel = channel;
        Cursors = cursors;
        foreach (FetchCursor cursor in cursors)
        {
            NamedPartition name = cursor.Partition.Name;
            _byName.Add(name, cursor);
            _byId.Add(new TopicIdPartition(view.Topics[name.Topic].Id, name.Partition), cursor);
        }

        ConsumeRequest request = RequestFor(view);
        _loop = new OwnedLoop(stopping => RunAsync(request, stopping), settings.OnBug);
    }

    /// <summary>What is read.</summary>
    public IReadOnlyList<FetchCursor> Cursors { get; }

    /// <summary>True once it has ended by itself; <see cref="Failure"/> says why.</summary>
    public bool IsOver => Failure is not null;

    /// <summary>Why it ended; null while it runs.</summary>
    public RaftStreamException? Failure { get; private set; }

    /// <summary>host:port of the leader.</summary>
    public string Endpoint => _channel.Endpoint;

    /// <summary>True when the broker owes a heartbeat for longer than it may.</summary>
    public bool IsStalled(long nowTicks) => Volatile.Read(ref _waitingSince) < nowTicks - _settings.StallTicks;

    /// <summary>True when the broker owes a heartbeat: somebody should ask whether it still leads.</summary>
    public bool IsSuspect(long nowTicks) => Volatile.Read(ref _waitingSince) < nowTicks - _settings.SuspectTicks;

    /// <summary>Cancels the stream and waits for its end.</summary>
    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private ConsumeRequest RequestFor(ClusterView view)
    {
        var request = new ConsumeRequest
        {
            Format = RecordFormat.Batches,
            MaxBytes = _settings.Options.MaxAnswerBytes,
            HeartbeatMs = (int)_settings.Options.Heartbeat.TotalMilliseconds,
            Rack = _settings.Options.ClientRack,
        };
        foreach (FetchCursor cursor in Cursors)
        {
            NamedPartition name = cursor.Partition.Name;
            TopicView topic = view.Topics[name.Topic];
            var partition = new FetchPartition
            {
                Topic = new TopicRef { Id = TopicIds.ToWire(topic.Id) },
                Partition = name.Partition,
                FetchOffset = cursor.FetchOffset,
                MaxBytes = _settings.Options.MaxAnswerBytes,
                CurrentLeaderEpoch = topic.Partitions[name.Partition].LeaderEpoch.Value,
                FromLeader = cursor.Replica is null && cursor.FromLeaderUntil > _settings.Time.GetTimestamp(),
            };
            if (cursor.LastFetchedEpoch >= 0)
            {
                partition.LastFetchedEpoch = cursor.LastFetchedEpoch;
            }

            request.Partitions.Add(partition);
        }

        return request;
    }

    private async Task RunAsync(ConsumeRequest request, CancellationToken stopping)
    {
        using AsyncServerStreamingCall<FetchedAnswer> call = _channel.Bulk.AsyncServerStreamingCall(
            FetchedAnswer.ConsumeMethod, null, new CallOptions(cancellationToken: stopping), request);
        try
        {
            IAsyncStreamReader<FetchedAnswer> answers = call.ResponseStream;
            while (await MoveNextAsync(answers, stopping).ConfigureAwait(false))
            {
                await TakeAsync(answers.Current, stopping).ConfigureAwait(false);
            }

            End(new RaftStreamException(ErrorCode.NetworkException, $"The broker at {_channel.Endpoint} ended the consume stream."));
        }
        catch (RpcException exception)
        {
            stopping.ThrowIfCancellationRequested();
            End(RpcErrors.ToException(exception, _channel.Endpoint));
        }
        catch (RaftStreamException exception)
        {
            End(exception);
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncStreamReader<FetchedAnswer> answers, CancellationToken stopping)
    {
        Volatile.Write(ref _waitingSince, _settings.Time.GetTimestamp());
        bool hasMore = await answers.MoveNextAsync(stopping).ConfigureAwait(false);
        Volatile.Write(ref _waitingSince, long.MaxValue);
        return hasMore;
    }

    private async ValueTask TakeAsync(FetchedAnswer answer, CancellationToken stopping)
    {
        bool isKept = false;
        try
        {
            PartitionRecordsMessage records = answer.Reply.Records;
            FetchCursor cursor = Find(records);
            if (RpcErrors.ToException(records.Error) is { } failure)
            {
                _settings.OnPartitionFailed(cursor, failure);
            }
            else if (records.ReadFrom is { } replica)
            {
                _settings.OnReplicaNamed(cursor, replica.NodeId);
            }
            else if (records.Diverging is { } diverging)
            {
                _settings.OnDiverged(cursor, diverging.EndOffset);
            }
            else
            {
                cursor.FailuresInRow = 0;
                cursor.HighWatermark = records.HighWatermark;
                var chunk = new FetchedChunk(cursor, answer);
                (long nextOffset, int epoch) = EndOf(cursor, chunk.Batches.Span);
                // Until there is room, the next message is not read, and the window that the broker may fill stays used up.
                await _settings.Queue.TakeBudgetAsync(chunk.Batches.Length, stopping).ConfigureAwait(false);
                // Both or neither: what is not given to the reader is asked for again.
                cursor.FetchOffset = nextOffset;
                cursor.LastFetchedEpoch = epoch;
                _settings.Queue.Add(chunk);
                isKept = true;
            }
        }
        finally
        {
            if (!isKept)
            {
                answer.Dispose();
            }
        }
    }

    private FetchCursor Find(PartitionRecordsMessage records)
    {
        FetchCursor? cursor = null;
        bool isFound = records.Topic.TryGetId(out TopicId id) && id != TopicId.None
            ? _byId.TryGetValue(new TopicIdPartition(id, records.Partition), out cursor)
            : _byName.TryGetValue(new NamedPartition(records.Topic.Name, records.Partition), out cursor);
        return isFound ? cursor! : throw new RaftStreamException(
            ErrorCode.UnknownServerError, $"The broker at {_channel.Endpoint} sent records of a partition that it was not asked for.");
    }

    /// <summary>The offset after the batches, whose lengths must add up, and the epoch of the last.</summary>
    private (long NextOffset, int Epoch) EndOf(FetchCursor cursor, ReadOnlySpan<byte> batches)
    {
        long next = cursor.FetchOffset;
        int epoch = cursor.LastFetchedEpoch;
        while (batches.Length > 0)
        {
            if (!RecordBatchHeader.TryRead(batches, out RecordBatchHeader header)
                || !header.CheckSanity(batches.Length).IsValid
                || header.NextOffset.Value <= header.BaseOffset.Value)
            {
                throw new RaftStreamException(
                    ErrorCode.CorruptMessage,
                    $"The broker at {_channel.Endpoint} sent something that is not a record batch for {cursor.Partition.Name} at offset {next}.");
            }

            next = Math.Max(next, header.NextOffset.Value);
            epoch = header.PartitionLeaderEpoch.Value;
            batches = batches[header.SizeInBytes..];
        }

        return (next, epoch);
    }

    private void End(RaftStreamException failure)
    {
        Failure = failure;
        _settings.OnSessionOver();
    }

    /// <summary>A partition by what brokers call it.</summary>
    private readonly record struct TopicIdPartition(TopicId Id, int Partition);
}
