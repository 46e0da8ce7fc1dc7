using Grpc.Core;
using Microsoft.Extensions.ObjectPool;
using RaftStream.Broker;
using RaftStream.Broker.Producing;
using RaftStream.Client.V1;
using RaftStream.Contracts;
using RaftStream.Grpc.Consuming;
using RaftStream.Grpc.Forwarding;
using RaftStream.Grpc.Producing;
using RaftStream.Rpc;
using RaftStream.Rpc.Server;

namespace RaftStream.Grpc;

/// <summary>The service <c>raftstream.client.v1.Log</c>: produce and consume.</summary>
/// <remarks>
/// The heavy methods go over hand-written messages. Two of them answer once but are mapped as streams of one answer,
/// which is the same on the wire: so the handler knows when its answer is in the transport's memory and may give files
/// and buffers back.
/// </remarks>
internal sealed class LogService(BrokerAccess broker, LeaderForwarding? forwarding) : Log.LogBase
{
    private const int PooledCalls = 256;

    private static readonly Method<ProduceMessage, ProduceReply> ProduceOneAnswer =
        new(MethodType.ServerStreaming, LogMethods.ServiceName, "Produce", HotMessages.ProduceMessage, HotMessages.ProduceReply);

    private static readonly Method<FetchRequest, FetchReply> FetchOneAnswer = new(
        MethodType.ServerStreaming,
        LogMethods.ServiceName,
        "Fetch",
        LogMethods.Fetch.RequestMarshaller,
        LogMethods.Fetch.ResponseMarshaller);

    private volatile Pools? _pools;

    /// <summary>Adds the service to a server.</summary>
    public void Map(RpcServices services) => services
        .Add(Log.BindService(this), Log.Descriptor)
        .MapServerStreaming(ProduceOneAnswer, ProduceOnceAsync)
        .MapDuplex(LogMethods.ProduceStream, ProduceStreamAsync)
        .MapServerStreaming(FetchOneAnswer, FetchOnceAsync)
        .MapServerStreaming(LogMethods.Consume, ConsumeAsync);

    /// <inheritdoc/>
    public override async Task<ListOffsetsResponse> ListOffsets(ListOffsetsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        BrokerApi api = broker.Api;
        BrokerAccess.CheckCount(api, request.Partitions.Count);
        return await new OffsetList(new IncomingCall(api, context, forwarding), request).AnswerAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async Task<InitProducerIdResponse> InitProducerId(InitProducerIdRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        ProducerIdentity identity = await broker.Api.InitProducerIdAsync(context.CancellationToken).ConfigureAwait(false);
        return new InitProducerIdResponse
        {
            ProducerId = identity.ProducerId,
            ProducerEpoch = identity.Epoch,
            Error = GrpcErrors.ToError(identity.Error),
        };
    }

    private async Task ProduceOnceAsync(
        ProduceMessage request, IServerStreamWriter<ProduceReply> responses, ServerCallContext context)
    {
        BrokerApi api = broker.Api;
        Pools pools = PoolsOf(api);
        ProduceOnce call = pools.Produce.Get();
        await call.RunAsync(request, new IncomingCall(api, context, forwarding)).ConfigureAwait(false);
        await responses.WriteValueAsync(call.Reply).ConfigureAwait(false);
        pools.Produce.Return(call);
        HotMessages.Return(request);
    }

    private async Task ProduceStreamAsync(
        IAsyncStreamReader<ProduceMessage> requests, IServerStreamWriter<ProduceReply> responses, ServerCallContext context)
    {
        using var call = new ProduceStreamCall(new IncomingCall(broker.Api, context, forwarding), responses);
        await call.RunAsync(requests, context.CancellationToken).ConfigureAwait(false);
    }

    private async Task FetchOnceAsync(
        FetchRequest request, IServerStreamWriter<FetchReply> responses, ServerCallContext context)
    {
        BrokerApi api = broker.Api;
        Pools pools = PoolsOf(api);
        var incoming = new IncomingCall(api, context, forwarding);
        FetchOnce call = pools.Fetch.Get();
        try
        {
            if (await call.TryRunAsync(request, incoming).ConfigureAwait(false))
            {
                await responses.WriteValueAsync(call.Reply).ConfigureAwait(false);
            }
            else
            {
                using var spread = new SpreadFetch(incoming, request, call);
                await spread.RunAsync().ConfigureAwait(false);
                await responses.WriteValueAsync(spread.Reply).ConfigureAwait(false);
            }
        }
        finally
        {
            call.Release();
        }

        pools.Fetch.Return(call);
    }

    private async Task ConsumeAsync(
        ConsumeRequest request, IServerStreamWriter<ConsumeReply> responses, ServerCallContext context)
    {
        using var call = new ConsumeCall(new IncomingCall(broker.Api, context, forwarding), request, responses);
        await call.RunAsync().ConfigureAwait(false);
    }

    /// <summary>Pools of one start of the broker: what they hold belongs to it.</summary>
    private Pools PoolsOf(BrokerApi api)
    {
        Pools? pools = _pools;
        return pools is not null && ReferenceEquals(pools.Api, api) ? pools : _pools = new Pools(api);
    }

    private sealed class Pools(BrokerApi api)
    {
        public BrokerApi Api { get; } = api;

        public ObjectPool<ProduceOnce> Produce { get; } = new DefaultObjectPool<ProduceOnce>(new Policy<ProduceOnce>(() => new(api)), PooledCalls);

        public ObjectPool<FetchOnce> Fetch { get; } = new DefaultObjectPool<FetchOnce>(new Policy<FetchOnce>(() => new(api)), PooledCalls);
    }

    private sealed class Policy<T>(Func<T> create) : PooledObjectPolicy<T>
        where T : notnull
    {
        public override T Create() => create();

        public override bool Return(T obj) => true;
    }
}
