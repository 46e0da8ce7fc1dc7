using System.Text;
using RaftStream.Model;

namespace RaftStream.Records.Tests;

public sealed class Crc32CTests
{
    public static TheoryData<string> Variants => ["chosen", "chains", "one chain", "fold 512", "fold 256"];

    [Theory]
    [InlineData("", 0x00000000)]
    [InlineData("a", 0xC1D04330)]
    [InlineData("123456789", 0xE3069283)] // the check value of every catalogue of CRCs
    public void Known_values(string text, uint expected)
    {
        Assert.Equal(expected, Crc32C.Compute(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void Known_values_of_rfc_3720()
    {
        byte[] ascending = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(ascending));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute(ascending.Reverse().ToArray()));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_variant_agrees_with_the_definition_at_every_short_length(string variant)
    {
        var prng = new Prng(1);
        byte[] bytes = new byte[1200];
        prng.Fill(bytes);

        for (int length = 0; length <= 1100; length++)
        {
            int start = length % 67;
            AssertAgrees(variant, (uint)prng.NextUInt64(), bytes.AsSpan(start, length));
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_variant_agrees_with_the_definition_at_random_lengths_alignments_and_states(string variant)
    {
        var prng = new Prng(2);
        byte[] bytes = new byte[64 * 1024];
        prng.Fill(bytes);

        for (int run = 0; run < 200; run++)
        {
            int start = prng.Next(300);
            int length = prng.Next(bytes.Length - start);
            AssertAgrees(variant, (uint)prng.NextUInt64(), bytes.AsSpan(start, length));
        }
    }

    [Fact]
    public void A_checksum_can_be_resumed_and_combined_at_any_point()
    {
        var prng = new Prng(3);
        byte[] bytes = new byte[5000];
        prng.Fill(bytes);
        uint whole = Crc32C.Compute(bytes);

        for (int cut = 0; cut <= bytes.Length; cut += 1 + prng.Next(90))
        {
            uint first = Crc32C.Compute(bytes.AsSpan(0, cut));
            uint second = Crc32C.Compute(bytes.AsSpan(cut));

            Assert.Equal(whole, Crc32C.Append(first, bytes.AsSpan(cut)));
            Assert.Equal(whole, Crc32C.Combine(first, second, bytes.Length - cut));
        }
    }

    [Fact]
    public void A_sequence_has_the_checksum_of_its_bytes()
    {
        var prng = new Prng(4);
        byte[] bytes = new byte[9000];
        prng.Fill(bytes);

        for (int run = 0; run < 50; run++)
        {
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.Compute(Pieces.Of(bytes, prng, maxPiece: 700)));
        }
    }

    private static void AssertAgrees(string variant, uint state, ReadOnlySpan<byte> bytes)
    {
        uint expected = BitwiseCrc32C.Append(state, bytes);
        uint? actual = Compute(variant, state, bytes);
        Assert.True(
            actual is null || actual == expected,
            $"{variant}, {bytes.Length} bytes, state {state:X8}: {actual:X8} instead of {expected:X8}");
    }

    /// <summary>Null where this processor or the length rules the variant out.</summary>
    private static uint? Compute(string variant, uint state, ReadOnlySpan<byte> bytes) => variant switch
    {
        "chosen" => ~Crc32C.Append(~state, bytes),
        "chains" => Crc32CChains.Append(state, bytes),
        "one chain" => Crc32CChains.AppendOneChain(state, bytes),
        "fold 512" => Fold<FoldingLane512>(state, bytes),
        "fold 256" => Fold<FoldingLane256>(state, bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(variant)),
    };

    private static uint? Fold<TLane>(uint state, ReadOnlySpan<byte> bytes)
        where TLane : struct, IFoldingLane<TLane> =>
        TLane.IsSupported && bytes.Length >= Crc32CFolding<TLane>.MinBytes
            ? Crc32CFolding<TLane>.Append(state, bytes)
            : null;
}
