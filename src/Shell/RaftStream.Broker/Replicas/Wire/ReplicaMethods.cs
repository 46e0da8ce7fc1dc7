using Grpc.Core;

namespace RaftStream.Broker.Replicas.Wire;

/// <summary>The method of replica.proto over the hand-written messages; on the wire the same as the generated one.</summary>
/// <remarks>A received message borrows the transport's memory until the next one of its stream is read.</remarks>
internal static class ReplicaMethods
{
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
                var message = new FollowerFetchesMessage();
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
                var message = new FetchedPartitionMessage();
                message.ParseFrom(context.PayloadAsReadOnlySequence());
                return message;
            }));
}
