using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Grpc.Forwarding;
using RaftStream.Rpc.Server;

namespace RaftStream.Grpc.Tests.Forwarding;

/// <summary>A leader that does what a test says: never answers, reads and sends when it is let. Clients are sent to it by the metadata.</summary>
internal sealed class FakeLeader : Log.LogBase
{
    private int _sent;

    /// <summary>A single produce request has come: its deadline and mark.</summary>
    public TaskCompletionSource<(DateTime Deadline, string? Mark)> Arrived { get; } = new();

    /// <summary>Whoever sent the single produce request waits no more.</summary>
    public TaskCompletionSource Cancelled { get; } = new();

    /// <summary>One request of a produce stream is read for each of these, and answered.</summary>
    public Channel<bool> Permits { get; } = Channel.CreateUnbounded<bool>();

    /// <summary>Answers of consume streams that the transport has taken.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Bytes of one answer.</summary>
    public const int AnswerBytes = 256 * 1024;

    /// <summary>Adds it to a cluster as the broker with this number.</summary>
    public async Task JoinAsync(DoorCluster cluster, int id)
    {
        RpcServer server = await cluster.ServeAsync(new RpcServices().Add(Log.BindService(this)));
        await cluster.AddAsync(id, forwarding: null, advertisedPort: server.EndPoints[0].Port);
    }

    public override async Task<ProduceResponse> Produce(ProduceRequest request, ServerCallContext context)
    {
        Arrived.SetResult((context.Deadline, context.RequestHeaders.GetValue(ForwardingMark.Header)));
        context.CancellationToken.Register(() => Cancelled.TrySetResult());
        await Cancelled.Task;
        throw new OperationCanceledException(context.CancellationToken);
    }

    public override async Task ProduceStream(
        IAsyncStreamReader<ProduceRequest> requestStream, IServerStreamWriter<ProduceResponse> responseStream, ServerCallContext context)
    {
        while (true)
        {
            await Permits.Reader.ReadAsync(context.CancellationToken);
            if (!await requestStream.MoveNext(context.CancellationToken))
            {
                return;
            }

            ProduceRequest request = requestStream.Current;
            await responseStream.WriteAsync(new ProduceResponse { CorrelationId = request.CorrelationId, Partition = request.Partition });
        }
    }

    public override async Task Consume(ConsumeRequest request, IServerStreamWriter<ConsumeResponse> responseStream, ServerCallContext context)
    {
        FetchPartition asked = request.Partitions.Single();
        var answer = new ConsumeResponse
        {
            Records = new PartitionRecords
            {
                Topic = asked.Topic,
                Partition = asked.Partition,
                Batches = ByteString.CopyFrom(new byte[AnswerBytes]),
            },
        };
        while (!context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(answer);
            Interlocked.Increment(ref _sent);
        }
    }
}
