using Grpc.Core;

namespace RaftStream.Rpc.Tests.Probes;

/// <summary>Methods declared by hand, with bytes for messages.</summary>
internal static class Methods
{
    public static Marshaller<byte[]> Bytes { get; } = Marshallers.Create<byte[]>(message => message, bytes => bytes);

    public static Method<byte[], byte[]> Define(MethodType type, string name) =>
        new(type, "raftstream.test.v1.Bytes", name, Bytes, Bytes);
}
