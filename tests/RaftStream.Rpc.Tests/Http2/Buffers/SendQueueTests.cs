using FsCheck;
using FsCheck.Fluent;
using RaftStream.Rpc.Http2.Buffers;

namespace RaftStream.Rpc.Tests.Http2.Buffers;

public sealed class SendQueueTests
{
    private enum Step
    {
        Append,
        AppendBorrowed,
        Take,
        Sent,
        Drop,
    }

    [Fact]
    public void Bytes_come_out_as_they_went_in_and_every_buffer_goes_back() =>
        Prop.ForAll(Gen.Zip(Gen.Elements(Enum.GetValues<Step>()), Gen.Choose(0, 3_000)).ArrayOf().ToArbitrary(), script =>
        {
            var pool = new BufferPool(retainedBytesLimit: 1 << 20);
            var queue = new SendQueue();
            var model = new Queue<byte>();
            byte next = 0;
            CountedBuffer shared = pool.Rent(16_384);
            int used = 0;
            int taken = 0; // not yet sent
            bool good = true;
            foreach ((Step step, int size) in script)
            {
                switch (step)
                {
                    case Step.Append when used + size <= shared.Array.Length:
                        Fill(shared.Array.AsSpan(used, size));
                        queue.Append(new ArraySegment<byte>(shared.Array, used, size), shared);
                        used += size;
                        break;
                    case Step.AppendBorrowed:
                        byte[] lent = new byte[size];
                        Fill(lent);
                        queue.Append(lent, null);
                        break;
                    case Step.Take when queue.WaitingBytes > 0 && size > 0:
                        ArraySegment<byte> piece = queue.Take(size);
                        taken += piece.Count;
                        good &= piece.Count <= size && piece.Count > 0;
                        good &= piece.ToArray().All(value => model.Dequeue() == value);
                        break;
                    case Step.Sent:
                        int sent = Math.Min(size, taken);
                        queue.OnSent(sent);
                        taken -= sent;
                        break;
                    case Step.Drop when size % 7 == 0:
                        queue.DropWaiting();
                        model.Clear();
                        break;
                }

                good &= queue.WaitingBytes == model.Count;
                good &= queue.TakenBytes - queue.SentBytes == taken;
            }

            shared.Release();
            queue.DropWaiting();
            queue.OnSent(taken);
            return good && pool.Outstanding == 0;

            void Fill(Span<byte> bytes)
            {
                foreach (ref byte value in bytes)
                {
                    value = next++;
                    model.Enqueue(value);
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Small_messages_of_one_buffer_become_one_piece()
    {
        var pool = new BufferPool(retainedBytesLimit: 0);
        var queue = new SendQueue();
        CountedBuffer buffer = pool.Rent(1_000);

        queue.Append(new ArraySegment<byte>(buffer.Array, 0, 10), buffer);
        queue.Append(new ArraySegment<byte>(buffer.Array, 10, 20), buffer);
        queue.Append(new ArraySegment<byte>(buffer.Array, 40, 5), buffer); // not next to them

        Assert.Equal(30, queue.Take(1_000).Count);
        Assert.Equal(5, queue.Take(1_000).Count);
    }
}
