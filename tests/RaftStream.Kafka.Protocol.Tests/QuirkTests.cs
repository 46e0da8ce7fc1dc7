using System.Buffers;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Protocol.Tests;

/// <summary>What trips re-implementations (E.3), as far as it is a matter of bytes.</summary>
public sealed class QuirkTests
{
    // E.3 1 (KIP-511): enough is read of a request from the future to answer it, and the answer is a version 0 body.
    [Theory]
    [InlineData(6)]
    [InlineData(127)]
    [InlineData(-1)]
    public void An_ApiVersions_request_of_an_unknown_version_can_be_answered(short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(output);
        writer.WriteInt16(18);
        writer.WriteInt16(version);
        writer.WriteInt32(99);
        writer.WriteRaw([0xDE, 0xAD, 0xBE]);
        writer.Flush();
        var reader = new KafkaReader(new ReadOnlySequence<byte>(output.WrittenMemory));

        RequestHeader header = RequestHeader.Read(ref reader);

        Assert.Equal(new RequestHeader(18, version, 99, null), header);
        Assert.Null(header.Api);
    }

    // E.3 2 (KIP-511): no tagged fields in the header, whatever the body has.
    [Fact]
    public void The_response_header_of_ApiVersions_never_has_tags()
    {
        ApiInfo api = ApiTable.Get(ApiKey.ApiVersions);

        for (short version = 0; version <= 10; version++)
        {
            Assert.Equal(0, api.ResponseHeaderVersion(version));
        }

        Assert.All(ApiTable.All.Where(other => other.Key != ApiKey.ApiVersions), other =>
        {
            Assert.Equal(1, other.ResponseHeaderVersion(other.FirstFlexibleVersion));
            Assert.Equal(0, other.ResponseHeaderVersion((short)(other.FirstFlexibleVersion - 1)));
        });
    }

    // E.3 3: also in the flexible header 2 the client id has a length of two bytes; null is −1.
    [Theory]
    [InlineData(null, "0003000C00000005FFFF00")]
    [InlineData("ab", "0003000C000000050002616200")]
    [InlineData("ab", "0003000800000005000261 62")]
    public void A_client_id_has_a_length_of_two_bytes_in_every_header(string? clientId, string hex)
    {
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var reader = new KafkaReader(new ReadOnlySequence<byte>(bytes));

        RequestHeader header = RequestHeader.Read(ref reader);

        reader.CheckEnd("RequestHeader");
        Assert.Equal(clientId, header.ClientId);
        Assert.Equal(bytes.Length, header.GetSize());
        var output = new ArrayBufferWriter<byte>();
        var writer = new KafkaWriter(output);
        header.Write(ref writer);
        writer.Flush();
        Assert.Equal(bytes, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Unknown_tags_of_a_header_are_skipped()
    {
        var reader = new KafkaReader(new ReadOnlySequence<byte>(Convert.FromHexString("0003000C00000005FFFF" + "02" + "0502AAAA" + "0701BB")));

        RequestHeader.Read(ref reader);

        Assert.Equal(0, reader.Remaining);
    }

    // E.3 6 (KIP-482): tags ascend and are unique. Skipping at every level is RoundTripTests.
    [Theory]
    [InlineData("02 0000 0000", KafkaProtocolError.BadTag)] // twice
    [InlineData("02 0100 0000", KafkaProtocolError.BadTag)] // descending
    [InlineData("02 0500 0500", KafkaProtocolError.BadTag)] // twice, unknown
    [InlineData("01 0005 AA", KafkaProtocolError.Truncated)] // longer than the frame
    [InlineData("7F 0000", KafkaProtocolError.Truncated)] // more tags than bytes
    [InlineData("01 FFFFFFFF0F 00", KafkaProtocolError.BadLength)] // no such tag
    [InlineData("FFFFFFFF1F", KafkaProtocolError.BadLength)] // more than 32 bits
    [InlineData("8080808080 00", KafkaProtocolError.BadLength)] // never ends
    public void Tags_that_do_not_ascend_or_lie_about_their_size_are_refused(string tags, KafkaProtocolError expected)
    {
        // A Metadata request 9: no topics, three flags, then the tags.
        byte[] bytes = Convert.FromHexString("01000000" + tags.Replace(" ", "", StringComparison.Ordinal));

        var fault = Assert.Throws<KafkaProtocolException>(() =>
        {
            var reader = new KafkaReader(new ReadOnlySequence<byte>(bytes));
            new MetadataRequest().Read(ref reader, 9);
        });

        Assert.Equal((expected, "MetadataRequest"), (fault.Error, fault.Field));
    }

    [Theory]
    [InlineData("01 00 03 0161 00", "FetchRequest.ClusterId")] // shorter than the tag says
    [InlineData("01 00 01 026100", "FetchRequest.ClusterId")] // longer
    public void A_known_tagged_field_is_as_long_as_it_says(string tags, string field)
    {
        // A Fetch request 12 without topics and forgotten topics and with an empty rack, then the tags.
        string body = "FFFFFFFF 000001F4 00000001 00000400 00 00000000 FFFFFFFF 01 01 01" + tags;
        byte[] bytes = Convert.FromHexString(body.Replace(" ", "", StringComparison.Ordinal));

        var fault = Assert.Throws<KafkaProtocolException>(() =>
        {
            var reader = new KafkaReader(new ReadOnlySequence<byte>(bytes));
            new FetchRequest().Read(ref reader, 12);
        });

        Assert.Equal((KafkaProtocolError.BadTag, field), (fault.Error, fault.Field));
    }

    [Fact]
    public void The_table_is_the_recommended_range()
    {
        string table = string.Join(", ", ApiTable.All.Select(api => $"{(short)api.Key}:{api.MinVersion}-{api.MaxVersion}"));

        Assert.Equal(
            "0:3-13, 1:4-18, 2:1-11, 3:0-13, 10:0-6, 18:0-5, 19:2-7, 20:1-6, 21:0-2, 22:0-5, 23:2-4, 32:1-4, 33:0-2, 35:1-5, 37:0-3, 43:0-2, "
            + "44:0-1, 45:0-1, 46:0-0, 55:0-2, 57:0-2, 60:0-2, 61:0-0, 64:0-0, 75:0-0",
            table);
        Assert.Null(ApiTable.Find(-1));
        Assert.Null(ApiTable.Find(4));
        Assert.Null(ApiTable.Find(short.MaxValue));
    }
}
