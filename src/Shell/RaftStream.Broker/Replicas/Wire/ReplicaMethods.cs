using Grpc.Core;
using Microsoft.Extensions.ObjectPool;

namespace RaftStream.Broker.Replicas.Wire;

/// <summary>The method of replica.proto over the hand-written messages; on the wire the same as the generated one.</summary>
/// <remarks>
/// A received message comes from a pool and borrows the transport's memory until the next one of its stream is read; give it
/// back by then (one that is not given back is merely collected).
/// </remarks>
internal static class ReplicaMethods
{
    private static readonly ObjectPool<FollowerFetchesMessage> Requests = new DefaultObjectPool<FollowerFetchesMessage>(new DefaultPooledObjectPolicy<FollowerFetchesMessage>(), 64);
    private static readonly ObjectPool<FetchedPartitionMessage> Answers = new DefaultObjectPool<FetchedPartitionMessage>(new DefaultPooledObjectPolicy<FetchedPartitionMessage>(), 64);

    public static Method<FollowerFetchesMessage, FetchedPartitionMessage> Follow { get; } = new(
        MethodType.DuplexStreaming,
        "raftstream.internal.v1.Replica",
        "Follow",
        new Marshaller<FollowerFetchesMessage>(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            static context =>
            {
                FollowerFetchesMessage message = Requests.Get();
                message.ParseFrom(context.PayloadAsReadOnlySequence());
                return message;
            }),
        new Marshaller<FetchedPartitionMessage>(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            static context =>
            {
                FetchedPartitionMessage message = Answers.Get();
                message.ParseFrom(context.PayloadAsReadOnlySequence());
                return message;
            }));

    public static void Return(FollowerFetchesMessage message) => Requests.Return(message);

    public static void Return(FetchedPartitionMessage message) => Answers.Return(message);
}
