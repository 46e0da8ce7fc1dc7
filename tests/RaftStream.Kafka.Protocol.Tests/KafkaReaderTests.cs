using System.Buffers;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>Each way in which bytes can be wrong, once, with what the exception says about it.</summary>
public sealed class KafkaReaderTests
{
    [Theory]
    [InlineData(0, "0000", KafkaProtocolError.Truncated, "MetadataRequest.Topics", 0)] // half a count
    [InlineData(0, "00000002 0001 74 00", KafkaProtocolError.Truncated, "MetadataRequest.MetadataRequestTopic.Name", 7)]
    [InlineData(0, "00000003 0000 0000 00", KafkaProtocolError.Truncated, "MetadataRequest.Topics", 4)] // one more than fits
    [InlineData(9, "04 0100 0100 01", KafkaProtocolError.Truncated, "MetadataRequest.Topics", 1)]
    [InlineData(0, "7FFFFFFF 0001 74", KafkaProtocolError.Truncated, "MetadataRequest.Topics", 4)] // a count beyond the frame
    [InlineData(0, "FFFFFFFE", KafkaProtocolError.BadLength, "MetadataRequest.Topics", 4)]
    [InlineData(0, "FFFFFFFF", KafkaProtocolError.UnexpectedNull, "MetadataRequest.Topics", 4)] // null from version 1 on
    [InlineData(0, "00000001 FFFF", KafkaProtocolError.UnexpectedNull, "MetadataRequest.MetadataRequestTopic.Name", 6)]
    [InlineData(0, "00000001 FFFE", KafkaProtocolError.BadLength, "MetadataRequest.MetadataRequestTopic.Name", 6)]
    [InlineData(0, "00000001 0002 C328", KafkaProtocolError.InvalidUtf8, "MetadataRequest.MetadataRequestTopic.Name", 6)]
    [InlineData(0, "00000001 0005 74", KafkaProtocolError.Truncated, "MetadataRequest.MetadataRequestTopic.Name", 6)]
    [InlineData(9, "FFFFFFFF0F", KafkaProtocolError.BadLength, "MetadataRequest.Topics", 5)] // a compact count of 2^32 - 1
    [InlineData(9, "FFFFFFFF1F", KafkaProtocolError.BadLength, "MetadataRequest.Topics", 5)] // 33 bits
    [InlineData(9, "80", KafkaProtocolError.Truncated, "MetadataRequest.Topics", 1)]
    [InlineData(14, "00", KafkaProtocolError.UnsupportedVersion, "MetadataRequest", 0)]
    [InlineData(-1, "00", KafkaProtocolError.UnsupportedVersion, "MetadataRequest", 0)]
    public void What_is_wrong_is_said_with_field_and_place(short version, string hex, KafkaProtocolError error, string field, int offset)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        foreach (ReadOnlySequence<byte> input in new[] { new ReadOnlySequence<byte>(bytes), Segments.Split(bytes, new Prng(1)) })
        {
            var fault = Assert.Throws<KafkaProtocolException>(() => Read(new MetadataRequest(), version, input));

            Assert.Equal((error, field, offset), (fault.Error, fault.Field, fault.Offset));
            Assert.Contains(field, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Null_records_are_null_and_not_empty()
    {
        var request = new ProduceRequest();
        Read(request, 3, Bytes("FFFF FFFF 000003E8 00000001 0001 74 00000002 00000000 FFFFFFFF 00000001 00000000"));

        Assert.True(request.TopicData[0].PartitionData[0].Records.IsNull);
        Assert.False(request.TopicData[0].PartitionData[1].Records.IsNull);
        Assert.True(request.TopicData[0].PartitionData[1].Records.IsEmpty);
    }

    [Fact]
    public void Records_are_a_slice_of_the_frame()
    {
        byte[] frame = Convert.FromHexString("FFFFFFFF000003E800000001000174000000010000000000000003AABBCC");
        var request = new ProduceRequest();
        Read(request, 3, new ReadOnlySequence<byte>(frame));

        frame[^1] = 0xDD;

        Assert.Equal([0xAA, 0xBB, 0xDD], request.TopicData[0].PartitionData[0].Records.Bytes.ToArray());
    }

    [Fact]
    public void A_string_longer_than_the_limit_is_refused()
    {
        var limits = new KafkaReaderLimits { MaxStringBytes = 3 };
        Read(new MetadataRequest(), 0, Bytes("00000001 0003 616263"), limits);

        var fault = Assert.Throws<KafkaProtocolException>(() => Read(new MetadataRequest(), 0, Bytes("00000001 0004 61626364"), limits));
        Assert.Equal(KafkaProtocolError.OverLimit, fault.Error);
    }

    [Fact]
    public void Elements_of_all_arrays_of_a_frame_count_towards_the_limit()
    {
        // Two topics and three partitions.
        ReadOnlySequence<byte> bytes = Bytes("00000002 0001 61 00000001 00000000 0001 62 00000002 00000000 00000001 00001000");
        Read(new ElectLeadersRequest(), 0, bytes, new KafkaReaderLimits { MaxElements = 5 });

        var fault = Assert.Throws<KafkaProtocolException>(
            () => Read(new ElectLeadersRequest(), 0, bytes, new KafkaReaderLimits { MaxElements = 4 }));
        Assert.Equal(KafkaProtocolError.OverLimit, fault.Error);
    }

    // The promise of FrameFuzzer at full size: a megabyte of the cheapest elements there are.
    [Theory]
    [InlineData(0, "00100000", "0000")]
    [InlineData(9, "818040", "0100")]
    public void A_frame_full_of_tiny_elements_costs_a_bounded_multiple_of_its_size(short version, string count, string element)
    {
        byte[] bytes = [.. Convert.FromHexString(count), .. Enumerable.Repeat(Convert.FromHexString(element), 1 << 20).SelectMany(b => b), 0, 0, 0, 0];
        var limits = new KafkaReaderLimits { MaxElements = 1 << 20 };
        long before = GC.GetAllocatedBytesForCurrentThread();

        var request = new MetadataRequest();
        var reader = new KafkaReader(new ReadOnlySequence<byte>(bytes), limits);
        request.Read(ref reader, version);

        Assert.Equal(1 << 20, request.Topics.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, bytes.Length, Fuzzing.FrameFuzzer.AllocationPerByte * (long)bytes.Length);
    }

    [Fact]
    public void A_count_that_lies_costs_nothing()
    {
        byte[] bytes = [.. Convert.FromHexString("00080000"), .. new byte[1 << 20]];
        bytes[4] = 0xFF; // the first string is broken
        bytes[5] = 0xFE;
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<KafkaProtocolException>(() => Read(new MetadataRequest(), 0, new ReadOnlySequence<byte>(bytes)));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_384);
    }

    [Fact]
    public void An_empty_frame_is_no_request()
    {
        var fault = Assert.Throws<KafkaProtocolException>(() =>
        {
            var reader = new KafkaReader(ReadOnlySequence<byte>.Empty);
            RequestHeader.Read(ref reader);
        });

        Assert.Equal((KafkaProtocolError.Truncated, "RequestHeader.ApiKey"), (fault.Error, fault.Field));
    }

    private static ReadOnlySequence<byte> Bytes(string hex) => new(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    private static void Read(IKafkaStruct message, short version, ReadOnlySequence<byte> bytes, KafkaReaderLimits? limits = null)
    {
        var reader = new KafkaReader(bytes, limits);
        message.Read(ref reader, version);
    }
}
