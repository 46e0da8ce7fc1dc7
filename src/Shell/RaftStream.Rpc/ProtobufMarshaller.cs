using Google.Protobuf;
using Grpc.Core;

namespace RaftStream.Rpc;

/// <summary>Marshallers of generated messages, for methods that are declared by hand.</summary>
public static class ProtobufMarshaller
{
    /// <summary>Writes straight into the transport's memory; reading copies, as generated messages own their bytes.</summary>
    public static Marshaller<T> Create<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, IBufferMessage
    {
        ArgumentNullException.ThrowIfNull(parser);
        return Marshallers.Create<T>(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
    }
}
