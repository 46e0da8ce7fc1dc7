using System.Buffers;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>Frames out of what a pipe holds.</summary>
public sealed class KafkaFrameTests
{
    [Fact]
    public void A_frame_is_taken_off_when_all_of_it_is_there()
    {
        byte[] bytes = Convert.FromHexString("00000003AABBCC0000000011");

        for (int length = 0; length < 7; length++)
        {
            var part = new ReadOnlySequence<byte>(bytes, 0, length);
            Assert.False(KafkaFrame.TryRead(ref part, 100, out _));
            Assert.Equal(length, part.Length);
        }

        foreach (ReadOnlySequence<byte> all in new[] { new ReadOnlySequence<byte>(bytes), Segments.Split(bytes, new Prng(3)) })
        {
            ReadOnlySequence<byte> input = all;
            Assert.True(KafkaFrame.TryRead(ref input, 100, out ReadOnlySequence<byte> frame));
            Assert.Equal([0xAA, 0xBB, 0xCC], frame.ToArray());
            Assert.True(KafkaFrame.TryRead(ref input, 100, out frame));
            Assert.True(frame.IsEmpty);
            Assert.False(KafkaFrame.TryRead(ref input, 100, out _));
            Assert.Equal([0x11], input.ToArray());
        }
    }

    // A lie about the size is found before anything is waited for.
    [Theory]
    [InlineData("00000065", KafkaProtocolError.OverLimit)]
    [InlineData("7FFFFFFF", KafkaProtocolError.OverLimit)]
    [InlineData("FFFFFFFF", KafkaProtocolError.BadLength)]
    [InlineData("16030102", KafkaProtocolError.OverLimit)] // TLS on the plain port
    public void A_size_that_cannot_be_is_refused_at_once(string hex, KafkaProtocolError expected)
    {
        var input = new ReadOnlySequence<byte>(Convert.FromHexString(hex));

        Assert.Equal(expected, Assert.Throws<KafkaProtocolException>(() => KafkaFrame.TryRead(ref input, 100, out _)).Error);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(9, 1)]
    public void A_response_is_read_behind_the_header_of_its_version(short version, int tagBytes)
    {
        var output = new ArrayBufferWriter<byte>();
        var response = new MetadataResponse { ControllerId = 5 };
        KafkaFrame.WriteResponse(output, response, version, correlationId: 42);
        var input = new ReadOnlySequence<byte>(output.WrittenMemory);
        Assert.True(KafkaFrame.TryRead(ref input, 1000, out ReadOnlySequence<byte> frame));
        var reader = new KafkaReader(frame);

        Assert.Equal(42, KafkaFrame.ReadResponseHeader(ref reader, ApiKey.Metadata, version));
        Assert.Equal(4 + tagBytes, reader.Consumed);

        var read = new MetadataResponse();
        read.Read(ref reader, version);
        reader.CheckEnd("MetadataResponse");
        Assert.Equal(5, read.ControllerId);
    }
}
