using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Tests.Http2.Hpack;

public sealed class HuffmanTests
{
    [Theory] // RFC 7541 appendix B, one row per length at least
    [InlineData('0', 0x0u, 5)]
    [InlineData('t', 0x9u, 5)]
    [InlineData(' ', 0x14u, 6)]
    [InlineData('%', 0x15u, 6)]
    [InlineData(':', 0x5cu, 7)]
    [InlineData('&', 0xf8u, 8)]
    [InlineData('!', 0x3f8u, 10)]
    [InlineData('\'', 0x7fau, 11)]
    [InlineData('#', 0xffau, 12)]
    [InlineData('$', 0x1ff9u, 13)]
    [InlineData('^', 0x3ffcu, 14)]
    [InlineData('<', 0x7ffcu, 15)]
    [InlineData('\\', 0x7fff0u, 19)]
    [InlineData(128, 0xfffe6u, 20)]
    [InlineData(9, 0xffffeau, 24)]
    [InlineData(199, 0x1ffffecu, 25)]
    [InlineData(255, 0x3ffffeeu, 26)]
    [InlineData(203, 0x7ffffdeu, 27)]
    [InlineData(249, 0xffffffeu, 28)]
    [InlineData(10, 0x3ffffffcu, 30)]
    [InlineData(22, 0x3ffffffeu, 30)]
    [InlineData(256, 0x3fffffffu, 30)]
    public void Codes_follow_from_their_lengths_as_in_appendix_B(int symbol, uint code, int bits)
    {
        Assert.Equal(code, HuffmanCode.Codes[symbol]);
        Assert.Equal(bits, HuffmanCode.Lengths[symbol]);
    }

    [Fact]
    public void Lengths_make_a_complete_code()
    {
        long sum = 0;
        foreach (byte length in HuffmanCode.Lengths)
        {
            sum += 1L << (HuffmanCode.MaxBits - length);
        }

        Assert.Equal(HuffmanCode.SymbolCount, HuffmanCode.Lengths.Length);
        Assert.Equal(1L << HuffmanCode.MaxBits, sum); // Kraft's sum is exactly one
    }

    [Fact]
    public void Decode_undoes_encode() =>
        Prop.ForAll<byte[]>(text => Decode(HuffmanEncoder.Encode(text)).AsSpan().SequenceEqual(text))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Every_symbol_survives_alone_and_between_others()
    {
        for (int symbol = 0; symbol < 256; symbol++)
        {
            byte[] text = [(byte)'a', (byte)symbol, (byte)'~', (byte)symbol];

            Assert.Equal(text, Decode(HuffmanEncoder.Encode(text)));
        }
    }

    [Theory] // RFC 7541 §5.2
    [InlineData("fffffffc")] // the end-of-string symbol and two zeros
    [InlineData("ffffffff")] // the end-of-string symbol and two ones
    [InlineData("1fff")]     // 'a' and then more than seven bits of padding
    [InlineData("18")]       // 'a' and then zeros for padding
    [InlineData("1e")]
    public void Bad_padding_and_end_of_string_are_refused(string hex) =>
        Assert.Throws<HpackException>(() => Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Any_bytes_decode_or_are_refused() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                byte[] text = Decode(bytes);
                return HuffmanEncoder.Encode(text).AsSpan().SequenceEqual(bytes);
            }
            catch (HpackException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Example_of_the_RFC_decodes() =>
        Assert.Equal("www.example.com", Encoding.ASCII.GetString(Decode(Convert.FromHexString("f1e3c2e5f23a6ba0ab90f4ff"))));

    private static byte[] Decode(byte[] input)
    {
        var output = new byte[HuffmanDecoder.MaxDecodedBytes(input.Length)];
        return output[..HuffmanDecoder.Decode(input, output)];
    }
}
