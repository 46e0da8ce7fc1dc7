using System.Buffers;

using Google.Protobuf;
using RaftStream.Client.V1;
using RaftStream.Contracts.Wire;
using RaftStream.Model;

namespace RaftStream.Contracts.Tests;

/// <summary>Bytes that are no message are refused in order; nothing else ever happens.</summary>
public class MalformedInputTests
{
    public static TheoryData<string, byte[]> Malformed => new()
    {
        { "tag without value", [0x08] },
        { "length beyond the end", [0x32, 0x05, 1, 2] },
        { "length of 2^63", [0x32, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F] },
        { "number of eleven bytes", [0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01] },
        { "field number 0", [0x02, 0x00] },
        { "wire type 7", [0x0F] },
        { "end of a group that never began", [0x7C] },
        { "group without end", [0x7B, 0x08, 0x01] },
        { "fixed64 cut short", [0x79, 1, 2, 3] },
        { "fixed32 cut short", [0x7D, 1, 2] },
        { "topic cut short", [0x0A, 0x02, 0x0A, 0x09] },
        { "record cut short", [0x3A, 0x02, 0x1A, 0x09] },
        { "header cut short", [0x3A, 0x04, 0x2A, 0x02, 0x0A, 0x09] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Produce_message_refuses(string what, byte[] bytes)
    {
        var message = new ProduceMessage();

        Exception? exception = Xunit.Record.Exception(() => message.ParseFrom(new ReadOnlySequence<byte>(bytes)));

        Assert.True(exception is MalformedMessageException, what);
    }

    [Fact]
    public void Deep_groups_are_refused_and_shallow_ones_skipped()
    {
        var message = new ProduceMessage();

        message.ParseFrom(new ReadOnlySequence<byte>(Groups(ProtoReader.MaxGroupDepth)));

        Assert.Throws<MalformedMessageException>(() => message.ParseFrom(new ReadOnlySequence<byte>(Groups(ProtoReader.MaxGroupDepth + 1))));

        static byte[] Groups(int depth) => [.. Enumerable.Repeat((byte)0x7B, depth), .. Enumerable.Repeat((byte)0x7C, depth)];
    }

    [Fact]
    public void Unknown_fields_of_every_wire_type_are_skipped()
    {
        byte[] unknown = [0x78, 0x05, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7A, 0x01, 9, 0x7B, 0x08, 0x01, 0x7C, 0x7D, 1, 2, 3, 4, 0x80, 0x7D, 0x01];
        byte[] known = new ProduceRequest { Partition = 7, Batch = ByteString.CopyFrom(1, 2) }.ToByteArray();
        var message = new ProduceMessage();

        message.ParseFrom(new ReadOnlySequence<byte>([.. unknown, .. known, .. unknown]));

        Assert.Equal(7, message.Partition);
        Assert.Equal([1, 2], message.Batch.ToArray());
    }

    [Fact]
    public void Records_of_one_partition_in_two_parts_are_refused()
    {
        byte[] part = new ConsumeResponse { Records = new PartitionRecords { Records = { new Client.V1.Record() } } }.ToByteArray();

        Assert.Throws<MalformedMessageException>(() => new ConsumeReply().ParseFrom(new ReadOnlySequence<byte>([.. part, .. part])));
    }

    [Fact]
    public void Damaged_messages_are_read_or_refused_and_never_anything_else() => ForAnySeed.Check(prng =>
    {
        byte[] produce = Damage(RandomMessages.Produce(prng).ToByteArray(), prng);
        byte[] fetch = Damage(RandomMessages.Fetch(prng).ToByteArray(), prng);
        byte[] reply = Damage(RandomMessages.ProduceResponse(prng).ToByteArray(), prng);

        ReadOrRefuse(() =>
        {
            var message = new ProduceMessage();
            message.ParseFrom(RandomMessages.Cut(produce, prng));
            Generated.From(message);
        });
        ReadOrRefuse(() =>
        {
            var message = new FetchReply();
            message.ParseFrom(RandomMessages.Cut(fetch, prng));
            Generated.From(message);
        });
        ReadOrRefuse(() => new ConsumeReply().ParseFrom(RandomMessages.Cut(fetch, prng)));
        ReadOrRefuse(() => new ProduceReply().ParseFrom(RandomMessages.Cut(reply, prng)));
    });

    private static void ReadOrRefuse(Action read)
    {
        Exception? exception = Xunit.Record.Exception(read);
        Assert.True(exception is null or MalformedMessageException, exception?.ToString());
    }

    private static byte[] Damage(byte[] bytes, Prng prng)
    {
        if (bytes.Length == 0)
        {
            return bytes;
        }

        for (int i = prng.Next(4); i > 0; i--)
        {
            bytes[prng.Next(Math.Min(bytes.Length, 64))] = (byte)prng.NextUInt64();
        }

        return bytes[..(prng.OneIn(2) ? bytes.Length : prng.Next(bytes.Length))];
    }
}
