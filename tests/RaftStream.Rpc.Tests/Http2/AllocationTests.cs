using System.Buffers;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Http2.Calls;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>What a message costs the collector once everything is warm: nothing.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void Assembling_and_releasing_messages_allocates_nothing()
    {
        var pool = new BufferPool(16 * 1024 * 1024);
        var assembler = new MessageAssembler(pool, maxMessageBytes: 1 << 20);
        var response = new GrpcResponse();
        byte[] small = ScriptedConnection.Framed(new byte[100]);
        byte[] large = ScriptedConnection.Framed(new byte[100_000]);

        Assert.Equal(0, LeastAllocated(() => Run(rounds: 1_000)));

        void Run(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                Append(small);
                Append(small);
                Append(large);
                while (response.TryTake(out ReceivedMessage message, out _))
                {
                    message.Release();
                }
            }
        }

        void Append(byte[] bytes)
        {
            assembler.Append(bytes);
            response.OnData(bytes.Length, assembler.Completed);
        }
    }

    [Fact]
    public void Writing_and_sending_messages_allocates_nothing()
    {
        var pool = new BufferPool(16 * 1024 * 1024);
        var queue = new SendQueue();
        var output = new MessageOutput(pool, queue.Append) { MayBorrow = true };
        var batch = new SendBatch(copyBytes: 4_096);
        byte[] message = new byte[100];
        byte[] lent = new byte[100_000];

        Assert.Equal(0, LeastAllocated(() => Run(rounds: 1_000)));

        void Run(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                Assert.True(output.TryBeginMessage());
                output.Write(message);
                output.WriteBorrowed(lent);
                output.EndMessage();
                int bytes = 0;
                while (queue.WaitingBytes > 0)
                {
                    ArraySegment<byte> piece = queue.Take(16_384);
                    batch.Add(piece);
                    bytes += piece.Count;
                }

                batch.Seal();
                batch.Complete();
                queue.OnSent(bytes);
            }
        }
    }

    // The runtime itself may allocate on this thread now and then; what costs something per message does so every time.
    private static long LeastAllocated(Action run)
    {
        run();
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
