using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;

namespace RaftStream.Contracts;

/// <summary>
/// The heavy methods of <c>raftstream.client.v1.Log</c> over the hand-written messages; on the wire the same as the
/// generated ones. The light methods are used through the generated <c>Log.LogClient</c> and <c>Log.LogBase</c>.
/// </summary>
/// <remarks>
/// Received messages come from pools and borrow the transport's memory: use them until the next <c>MoveNext</c> of
/// their stream or the end of the call, then give them back with <see cref="HotMessages.Return(ProduceMessage)"/> and
/// its siblings (a message that is not given back is merely collected). Sent messages belong to the sender, who may
/// change them as soon as the write is done.
/// </remarks>
public static class LogMethods
{
    /// <summary>Name of the service with its package.</summary>
    public const string ServiceName = "raftstream.client.v1.Log";

    /// <summary>Appends to one partition, once.</summary>
    public static Method<ProduceMessage, ProduceReply> Produce { get; } = new(
        MethodType.Unary, ServiceName, "Produce", HotMessages.ProduceMessage, HotMessages.ProduceReply);

    /// <summary>Appends many batches; answers carry the correlation id and may overtake each other between partitions.</summary>
    public static Method<ProduceMessage, ProduceReply> ProduceStream { get; } = new(
        MethodType.DuplexStreaming, ServiceName, "ProduceStream", HotMessages.ProduceMessage, HotMessages.ProduceReply);

    /// <summary>Reads from any number of partitions, once.</summary>
    public static Method<FetchRequest, FetchReply> Fetch { get; } = new(
        MethodType.Unary, ServiceName, "Fetch", Generated(FetchRequest.Parser), HotMessages.FetchReply);

    /// <summary>Reads on and on.</summary>
    public static Method<ConsumeRequest, ConsumeReply> Consume { get; } = new(
        MethodType.ServerStreaming, ServiceName, "Consume", Generated(ConsumeRequest.Parser), HotMessages.ConsumeReply);

    private static Marshaller<T> Generated<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, IBufferMessage => new(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
}
