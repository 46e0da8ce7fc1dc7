using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Tests.Wire;

public sealed class MetadataCodecTests
{
    [Fact]
    public void Binary_value_survives_base64() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>().Filter(bytes => bytes is not null),
        bytes =>
        {
            string header = MetadataCodec.Encode(new Metadata.Entry("key-bin", bytes));
            var metadata = new Metadata();
            MetadataCodec.Decode(metadata, "Key-Bin", header);
            return !header.Contains('=') && metadata.GetValueBytes("key-bin")!.SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("AQI")]
    [InlineData("AQI=")]
    [InlineData(" AQI= ")]
    public void Base64_is_read_with_and_without_padding(string header)
    {
        var metadata = new Metadata();

        MetadataCodec.Decode(metadata, "key-bin", header);

        Assert.Equal([1, 2], metadata.GetValueBytes("key-bin"));
    }

    [Fact]
    public void Joined_binary_values_are_taken_apart()
    {
        var metadata = new Metadata();

        MetadataCodec.Decode(metadata, "key-bin", "AQ,Ag==, Aw");

        Assert.Equal([[1], [2], [3]], metadata.GetAll("key-bin").Select(entry => entry.ValueBytes));
    }

    [Fact]
    public void Joined_text_values_stay_one_value()
    {
        var metadata = new Metadata();

        MetadataCodec.Decode(metadata, "key", "a,b");

        Assert.Equal("a,b", metadata.GetValue("key"));
    }

    [Fact]
    public void Value_that_is_not_base64_is_an_internal_error()
    {
        RpcException exception = Assert.Throws<RpcException>(() => MetadataCodec.Decode([], "key-bin", "§"));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
    }

    [Theory]
    [InlineData(":path")]
    [InlineData("content-type")]
    [InlineData("TE")]
    [InlineData("grpc-timeout")]
    [InlineData("grpc-status")]
    public void Headers_of_the_protocol_are_no_metadata(string name)
    {
        var metadata = new Metadata();

        MetadataCodec.Decode(metadata, name, "x");

        Assert.Empty(metadata);
    }

    [Fact]
    public void Headers_of_the_protocol_cannot_be_sent_as_metadata() =>
        Assert.Throws<ArgumentException>(() => MetadataCodec.Encode(new Metadata.Entry("grpc-status", "0")));
}
