using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller puts one message.</summary>
/// <remarks>
/// Two ways, once per message: <see cref="Complete(byte[])"/> with the whole message, or
/// <see cref="SetPayloadLength"/> (optional), <see cref="GetBufferWriter"/>, write, <see cref="Complete()"/>. With the
/// length known beforehand the bytes go straight into the transport's memory. The context is reused: do not keep it.
/// </remarks>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message. The array must not change afterwards.</summary>
    public virtual void Complete(byte[] payload) => throw new NotSupportedException();

    /// <summary>Ends the message written to <see cref="GetBufferWriter"/>.</summary>
    /// <exception cref="InvalidOperationException">More or fewer bytes were written than announced.</exception>
    public virtual void Complete() => throw new NotSupportedException();

    /// <summary>Memory to write the message into; valid until the marshaller returns.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException();

    /// <summary>Announces the exact size of the message in bytes, before <see cref="GetBufferWriter"/>.</summary>
    /// <exception cref="RpcException">ResourceExhausted: above the limit for sent messages.</exception>
    public virtual void SetPayloadLength(int payloadLength) => throw new NotSupportedException();
}
