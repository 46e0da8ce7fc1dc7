using System.Buffers;
using Google.Protobuf;
using RaftStream.Client.V1;

namespace RaftStream.Contracts.Tests;

/// <summary>Steady state allocates nothing: measured on this thread, so no other test disturbs the number.</summary>
public class AllocationTests
{
    private const int Rounds = 1000;

    [Fact]
    public void Reading_a_produce_request_allocates_nothing()
    {
        byte[] wire = new ProduceRequest
        {
            Topic = new TopicRef { Name = "orders" },
            Partition = 3,
            CorrelationId = 12345,
            Batch = ByteString.CopyFrom(new byte[100_000]),
        }.ToByteArray();
        var bytes = new ReadOnlySequence<byte>(wire);
        var message = new ProduceMessage();

        Assert.Equal(0, AllocatedBytes(() => message.ParseFrom(bytes)));
    }

    [Fact]
    public void Writing_a_consume_response_allocates_nothing()
    {
        var reply = new ConsumeReply();
        reply.Records.Topic.Set("orders", default);
        reply.Records.HighWatermark = 1_000_000;
        reply.Records.Batches = new ReadOnlySequence<byte>(new byte[1_000_000]);
        var output = new ArrayBufferWriter<byte>(2_000_000);

        long allocated = AllocatedBytes(() =>
        {
            output.ResetWrittenCount();
            reply.CalculateSize();
            reply.WriteTo(output);
        });

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Produce_replies_allocate_nothing()
    {
        var reply = new ProduceReply { CorrelationId = 7, BaseOffset = 99, LogAppendTimeMs = -1 };
        var output = new ArrayBufferWriter<byte>(256);

        long allocated = AllocatedBytes(() =>
        {
            output.ResetWrittenCount();
            reply.WriteTo(output);
            reply.ParseFrom(new ReadOnlySequence<byte>(output.WrittenMemory));
        });

        Assert.Equal(0, allocated);
    }

    private static long AllocatedBytes(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            action();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }
}
