using System.Buffers;
using Grpc.Core;

namespace RaftStream.Rpc.Http2;

/// <summary>A received message whose memory can be kept beyond the next <c>MoveNext</c>.</summary>
public interface IPayloadOwner
{
    /// <summary>
    /// The message's memory, which belongs to the caller from now on and goes back to the transport's pool on Dispose.
    /// What <see cref="DeserializationContext.PayloadAsReadOnlySequence"/> gave lies in it and lives as long.
    /// </summary>
    /// <remarks>Once per message. Large messages are not copied.</remarks>
    IMemoryOwner<byte> TakePayload();
}

/// <summary>Lets marshallers keep a received message's memory.</summary>
public static class PayloadOwnerExtensions
{
    /// <summary><see cref="IPayloadOwner.TakePayload"/> where the transport has it, else a copy.</summary>
    public static IMemoryOwner<byte> TakePayload(this DeserializationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context is IPayloadOwner owner ? owner.TakePayload() : new CopiedPayload(context.PayloadAsNewBuffer());
    }

    private sealed class CopiedPayload(byte[] bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => bytes;

        public void Dispose()
        {
        }
    }
}
