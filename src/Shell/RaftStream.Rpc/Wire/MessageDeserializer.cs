using System.Buffers;
using Grpc.Core;

namespace RaftStream.Rpc.Wire;

/// <summary>Runs a marshaller over a received message. One object per thread is reused.</summary>
internal sealed class MessageDeserializer : DeserializationContext
{
    [ThreadStatic]
    private static MessageDeserializer? _cached;

    private ReadOnlySequence<byte> _payload;

    /// <summary>The message in <paramref name="payload"/>, which it may go on borrowing.</summary>
    /// <exception cref="RpcException">Internal: the marshaller cannot read it.</exception>
    public static T Read<T>(Marshaller<T> marshaller, in ReadOnlySequence<byte> payload)
    {
        MessageDeserializer context = _cached ?? new MessageDeserializer();
        _cached = null;
        context._payload = payload;
        try
        {
            return marshaller.ContextualDeserializer(context);
        }
#pragma warning disable CA1031 // whatever a parser throws at bytes from the network, the peer gets the same answer
        catch (Exception exception) when (exception is not RpcException)
#pragma warning restore CA1031
        {
            throw new RpcException(new Status(
                StatusCode.Internal, $"A message of {payload.Length} bytes cannot be parsed as {typeof(T).Name}.", exception));
        }
        finally
        {
            context._payload = default;
            _cached = context;
        }
    }

    public override int PayloadLength => (int)_payload.Length;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;
}
