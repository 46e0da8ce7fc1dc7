using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace RaftStream.Benchmarks.Rpc;

/// <summary>A message that is nothing but bytes: what the runtime costs without a parser.</summary>
public sealed class Blob
{
    private static readonly byte[] Zeros = new byte[64 * 1024];

    public ReadOnlySequence<byte> Borrowed { get; private set; }

    public int Size { get; init; }

    public long Number { get; init; }

    public static Marshaller<Blob> Marshaller { get; } = new(Write, Read);

    private static void Write(Blob blob, SerializationContext context)
    {
        int size = Math.Max(blob.Size, sizeof(long));
        context.SetPayloadLength(size);
        IBufferWriter<byte> output = context.GetBufferWriter();
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), blob.Number);
        output.Advance(sizeof(long));
        for (int left = size - sizeof(long); left > 0;)
        {
            Span<byte> target = output.GetSpan();
            int count = Math.Min(Math.Min(left, target.Length), Zeros.Length);
            Zeros.AsSpan(0, count).CopyTo(target);
            output.Advance(count);
            left -= count;
        }

        context.Complete();
    }

    private static Blob Read(DeserializationContext context)
    {
        ReadOnlySequence<byte> payload = context.PayloadAsReadOnlySequence();
        var reader = new SequenceReader<byte>(payload);
        reader.TryReadLittleEndian(out long number);
        return new Blob { Borrowed = payload, Size = (int)payload.Length, Number = number };
    }
}
