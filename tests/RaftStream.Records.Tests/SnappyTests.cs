using RaftStream.Model;
using RaftStream.Records.Codecs;

namespace RaftStream.Records.Tests;

/// <summary>The Snappy format, element by element.</summary>
public sealed class SnappyTests
{
    [Theory]
    [InlineData("00", "")]
    [InlineData("03 08 616263", "616263")] // a literal
    [InlineData("03 F002 616263", "616263")] // its size in one byte more
    [InlineData("03 F40200 616263", "616263")] // in two
    [InlineData("03 F8020000 616263", "616263")] // in three
    [InlineData("03 FC02000000 616263", "616263")] // in four
    [InlineData("07 08 616263 0103", "61626361626361")] // 4 bytes from 3 back: they overlap
    [InlineData("07 08 616263 0E0300", "61626361626361")] // the same with a two-byte offset
    [InlineData("07 08 616263 0F03000000", "61626361626361")] // with a four-byte offset
    [InlineData("06 00 61 1201 00", "616161616161")] // one byte, repeated
    public void Elements(string hex, string expected)
    {
        Assert.Equal(expected, Decode(Bytes(hex)) is { } decoded ? Convert.ToHexString(decoded) : null);
    }

    [Theory]
    [InlineData("")] // no size
    [InlineData("80")] // cut in the size
    [InlineData("FFFFFFFF1F 00 61")] // a size beyond 32 bits
    [InlineData("FFFFFFFF07 00 61")] // two billion in two bytes
    [InlineData("03")] // nothing follows
    [InlineData("03 08 6162")] // a literal cut
    [InlineData("03 04 6162")] // less than the size
    [InlineData("03 0C 61626364")] // more than the size
    [InlineData("03 F0")] // a literal's size cut
    [InlineData("03 FCFFFFFFFF 616263")] // a literal of four billion
    [InlineData("07 08 616263 0104")] // from before the beginning
    [InlineData("07 08 616263 0100")] // from nowhere
    [InlineData("07 08 616263 01")] // a copy cut
    [InlineData("07 08 616263 0E03")]
    [InlineData("07 08 616263 0F030000")]
    [InlineData("07 08 616263 0F000000FF")] // an offset of four billion
    [InlineData("05 08 616263 0103")] // a copy past the size
    public void Malformed_blocks(string hex)
    {
        Assert.Null(Decode(Bytes(hex)));
    }

    [Fact]
    public void The_framing_is_the_java_librarys()
    {
        using var framed = new PooledBufferWriter();
        new SnappyCodec().Compress(new byte[40_000], framed);

        Assert.Equal("82534E415050590000000001" + "00000001", Convert.ToHexString(framed.Written[..16]));
        int firstChunk = (framed.Written[18] << 8) | framed.Written[19];
        Assert.Equal([0x80, 0x80, 0x02], framed.Written.Slice(20, 3).ToArray()); // 32 KiB of content in the first chunk
        Assert.Equal(0xC0, framed.Written[20 + firstChunk + 4]); // and 7,232 in the second
        Assert.Equal(0x38, framed.Written[20 + firstChunk + 5]);
    }

    [Theory]
    [InlineData("82534E41505059 00 00000001 0000000")] // cut in the header
    [InlineData("82534E41505059 00 00000001 00000002")] // only for later versions
    [InlineData("82534E41505059 00 00000001 00000001 00")] // cut in a chunk size
    [InlineData("82534E41505059 00 00000001 00000001 00000005 0308616263")] // whole: the good case is below
    [InlineData("82534E41505059 00 00000001 00000001 00000006 0308616263")]
    [InlineData("82534E41505059 00 00000001 00000001 FFFFFFFF 0308616263")]
    [InlineData("82534E41505059 00 00000001 00000001 00000000")]
    public void Malformed_frames(string hex)
    {
        using var destination = new PooledBufferWriter();
        hex = hex.Replace(" ", "", StringComparison.Ordinal);
        bool isGood = hex.EndsWith("000000050308616263", StringComparison.Ordinal);

        RecordCheck check = new SnappyCodec().Decompress(
            Convert.FromHexString(hex[..(hex.Length & ~1)]), destination, 100);

        Assert.Equal(isGood ? RecordFault.None : RecordFault.DecompressionFailed, check.Fault);
        Assert.Equal(isGood ? "616263" : "", Convert.ToHexString(destination.Written));
    }

    [Fact]
    public void No_block_is_larger_than_foretold()
    {
        var prng = new Prng(13);
        ushort[] table = new ushort[SnappyEncoder.TableSize];
        for (int run = 0; run < 2000; run++)
        {
            byte[] content = new byte[prng.Next(2000)];
            prng.Fill(content);
            for (int i = 0; i < content.Length; i++)
            {
                content[i] &= 0x03; // few symbols: short matches everywhere
            }

            byte[] block = new byte[SnappyEncoder.MaxSize(content.Length)];
            int size = SnappyEncoder.Encode(content, block, table);
            Assert.Equal(content, Decode(block[..size]));
        }
    }

    [Fact]
    public void The_largest_block_is_encoded()
    {
        byte[] content = new byte[SnappyEncoder.MaxContent];
        new Prng(14).Fill(content.AsSpan(0, 1000));
        content.AsSpan(0, 1000).CopyTo(content.AsSpan(SnappyEncoder.MaxContent - 1000));
        byte[] block = new byte[SnappyEncoder.MaxSize(content.Length)];

        int size = SnappyEncoder.Encode(content, block, new ushort[SnappyEncoder.TableSize]);

        Assert.Equal(content, Decode(block[..size]));
        Assert.True(size < 6000);
    }

    private static byte[]? Decode(byte[] block)
    {
        ReadOnlySpan<byte> elements = block;
        if (!SnappyDecoder.TryReadLength(ref elements, out int length))
        {
            return null;
        }

        byte[] content = new byte[length];
        return SnappyDecoder.Decode(elements, content) ? content : null;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
