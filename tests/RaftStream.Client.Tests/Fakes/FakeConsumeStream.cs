using System.Buffers;
using Grpc.Core;
using RaftStream.Client.Consuming;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Model;

namespace RaftStream.Client.Tests.Fakes;

/// <summary>A consume stream of a fake broker: reads a log only when the client asks for its next message.</summary>
internal sealed class FakeConsumeStream(FakeCluster cluster, FakeBroker broker, ConsumeRequest request, Action onRead) : IAsyncStreamReader<FetchedAnswer>
{
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _next = [.. request.Partitions.Select(partition => partition.FetchOffset)];
    private readonly bool[] _isOver = new bool[request.Partitions.Count];
    private readonly long[] _toldEnd = [.. request.Partitions.Select(_ => -1L)];
    private int _turn;

    public FetchedAnswer Current => new(_reply, memory: null);

    private ConsumeReply _reply = new();

    public void Break(RpcException exception) => _broken.TrySetException(exception);

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_broken.Task.IsCompleted)
            {
                await _broken.Task;
            }

            if (broker.IsHanging)
            {
                await _broken.Task.WaitAsync(cancellationToken);
            }

            Task[] changes = [.. request.Partitions.Select(Change)];
            for (int i = 0; i < request.Partitions.Count; i++)
            {
                int at = _turn++ % request.Partitions.Count;
                if (!_isOver[at] && TryRead(at))
                {
                    onRead();
                    return true;
                }
            }

            await Task.WhenAny([.. changes, _broken.Task]).WaitAsync(cancellationToken);
        }
    }

    private Task Change(FetchPartition partition) => cluster.Find(partition.Topic, partition.Partition)?.Log.Changed ?? Task.Delay(-1);

    private bool TryRead(int at)
    {
        FetchPartition partition = request.Partitions[at];
        _reply = new ConsumeReply();
        PartitionRecordsMessage records = _reply.Records;
        records.Topic.Set([], new TopicId(new Guid(partition.Topic.Id.Span, bigEndian: true)));
        records.Partition = partition.Partition;
        if (cluster.Find(partition.Topic, partition.Partition) is not { } found)
        {
            return Fail(at, ErrorCode.UnknownTopicId);
        }

        long offset = _next[at];
        if (cluster.OnDivergence?.Invoke(partition) is { } divergedAt)
        {
            records.Diverging = new DivergingEpoch { Epoch = 0, EndOffset = divergedAt };
            _isOver[at] = true;
            return true;
        }

        if (!partition.FromLeader && cluster.OnReadFrom?.Invoke(broker.Node, request.Rack) is { } replica)
        {
            records.ReadFrom = new ReadReplica { NodeId = replica };
            _isOver[at] = true;
            return true;
        }

        ErrorCode error = cluster.OnFetch?.Invoke(new NamedPartition(found.Name, partition.Partition), offset) ?? ErrorCode.None;
        error = error != ErrorCode.None ? error
            : found.Log.Leader != broker.Node && request.Rack.Length == 0 ? ErrorCode.NotLeaderOrFollower
            : offset < found.Log.StartOffset || offset > found.Log.EndOffset ? ErrorCode.OffsetOutOfRange : ErrorCode.None;
        if (error != ErrorCode.None)
        {
            return Fail(at, error);
        }

        byte[] batches = found.Log.Read(offset, partition.MaxBytes, out long next);
        records.Batches = new ReadOnlySequence<byte>(batches);
        records.HighWatermark = found.Log.HighWatermark;
        _next[at] = next;
        bool isNews = batches.Length > 0 || _toldEnd[at] != records.HighWatermark;
        _toldEnd[at] = records.HighWatermark;
        return isNews;
    }

    private bool Fail(int at, ErrorCode error)
    {
        _reply.Records.Error = FakeCluster.ErrorOf(error);
        _isOver[at] = true;
        return true;
    }
}
