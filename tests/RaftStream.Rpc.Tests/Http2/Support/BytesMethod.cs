using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Http2;

namespace RaftStream.Rpc.Tests.Http2.Support;

/// <summary>Methods whose messages are plain bytes, in the several ways of marshalling them.</summary>
internal static class BytesMethod
{
    /// <summary>Copies on both sides.</summary>
    public static Marshaller<byte[]> Copying { get; } = new(
        (message, context) =>
        {
            context.SetPayloadLength(message.Length);
            context.GetBufferWriter().Write(message);
            context.Complete();
        },
        context => context.PayloadAsReadOnlySequence().ToArray());

    /// <summary>Lends the array to the transport until it is sent.</summary>
    public static Marshaller<byte[]> Lending { get; } = new(
        (message, context) =>
        {
            context.SetPayloadLength(message.Length);
            context.GetBufferWriter().WriteBorrowed(message);
            context.Complete();
        },
        context => context.PayloadAsReadOnlySequence().ToArray());

    /// <summary>Takes the memory of each response.</summary>
    public static Marshaller<IMemoryOwner<byte>> Taking { get; } = new(
        (_, _) => throw new NotSupportedException(),
        context => context.TakePayload());

    public static Method<byte[], byte[]> Of(MethodType type, string name, Marshaller<byte[]>? marshaller = null) =>
        new(type, "test.Bytes", name, marshaller ?? Copying, marshaller ?? Copying);

    public static byte[] Random(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Model.Prng((ulong)seed).Fill(bytes);
        return bytes;
    }
}
