using FsCheck;
using FsCheck.Fluent;
using RaftStream.Model;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Http2.Calls;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2.Calls;

/// <summary>Bytes into messages, messages to the reader, credit to the server.</summary>
public sealed class MessageAssemblerTests
{
    [Fact]
    public void Messages_come_out_whole_and_credit_never_exceeds_what_came() =>
        Prop.ForAll(
            Gen.Elements(0, 1, 100, 2_048, 2_049, 9_000).ListOf().ToArbitrary(),
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            (lengths, seed) =>
            {
                var prng = new Prng((ulong)seed);
                var pool = new BufferPool(retainedBytesLimit: 1 << 20);
                var assembler = new MessageAssembler(pool, maxMessageBytes: 10_000);
                var response = new GrpcResponse();
                byte[] all = [.. lengths.SelectMany((length, i) => ScriptedConnection.Framed(BytesMethod.Random(i, length)))];
                long credited = 0;
                int read = 0;
                bool good = true;
                for (int at = 0; at < all.Length;)
                {
                    int count = Math.Min(1 + prng.Next(prng.OneIn(2) ? 10 : 5_000), all.Length - at);
                    Memory<byte> direct = assembler.GetMemory(count);
                    if (!direct.IsEmpty && prng.OneIn(2))
                    {
                        count = direct.Length;
                        all.AsSpan(at, count).CopyTo(direct.Span);
                        assembler.Advance(count);
                    }
                    else
                    {
                        assembler.Append(all.AsSpan(at, count));
                    }

                    at += count;
                    Credit(response.OnData(count, assembler.Completed), at);
                    while (prng.OneIn(2) && Read(at))
                    {
                    }
                }

                while (Read(all.Length))
                {
                }

                good &= read == lengths.Count && credited == all.Length && assembler.IsBetweenMessages;
                assembler.Release();
                return good && pool.Outstanding == 0;

                bool Read(int arrived)
                {
                    if (!response.TryTake(out ReceivedMessage message, out int credit))
                    {
                        return false;
                    }

                    good &= message.Memory.Span.SequenceEqual(BytesMethod.Random(read, lengths[read]));
                    read++;
                    message.Release();
                    Credit(credit, arrived);
                    return true;
                }

                void Credit(int credit, int arrived)
                {
                    credited += credit;
                    good &= credit >= 0 && credited <= arrived;
                }
            }).QuickCheckThrowOnFailure();
}
