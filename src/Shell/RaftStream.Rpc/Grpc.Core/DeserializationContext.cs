using System.Buffers;

namespace Grpc.Core;

/// <summary>One received message as bytes, borrowed from the transport.</summary>
/// <remarks>
/// The bytes stay valid until the next <c>MoveNext</c> on the same stream, or the end of the call: a marshaller may
/// keep slices of them in the message it returns if its users keep to that. The context itself is reused: do not keep it.
/// </remarks>
public abstract class DeserializationContext
{
    /// <summary>Size of the message in bytes, below the limit for received messages.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>A copy that the caller owns.</summary>
    public virtual byte[] PayloadAsNewBuffer() => PayloadAsReadOnlySequence().ToArray();

    /// <summary>The transport's own memory: nothing is copied.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(PayloadAsNewBuffer());
}
