using FsCheck;
using FsCheck.Fluent;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Tests.Http2.Hpack;

public sealed class HpackIntegerTests
{
    [Theory] // RFC 7541 C.1
    [InlineData(10, 5, "0a")]
    [InlineData(1337, 5, "1f9a0a")]
    [InlineData(42, 8, "2a")]
    [InlineData(30, 5, "1e")]
    [InlineData(31, 5, "1f00")]
    [InlineData(int.MaxValue, 7, "7f80ffffff07")]
    public void Examples_of_the_RFC_round_trip(int value, int prefixBits, string hex)
    {
        var output = new byte[HpackInteger.MaxBytes];
        int written = HpackInteger.Write(output, value, prefixBits, flags: 0);

        Assert.Equal(hex, Convert.ToHexStringLower(output.AsSpan(0, written)));
        ReadOnlySpan<byte> input = output.AsSpan(0, written);
        Assert.Equal(value, HpackInteger.Read(ref input, prefixBits));
        Assert.True(input.IsEmpty);
    }

    [Fact]
    public void Read_undoes_write_and_leaves_the_rest() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonNegativeInt>(),
            Gen.Choose(1, 8).ToArbitrary(),
            (value, prefixBits) =>
            {
                var output = new byte[HpackInteger.MaxBytes + 1];
                int written = HpackInteger.Write(output, value.Get, prefixBits, flags: 0);
                ReadOnlySpan<byte> input = output.AsSpan(0, written + 1);
                return HpackInteger.Read(ref input, prefixBits) == value.Get && input.Length == 1;
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("1f")]           // ends after the prefix
    [InlineData("1f80")]         // ends inside a group
    [InlineData("1f80808080808000")] // empty groups without end
    [InlineData("1fe1ffffff07")] // 2^31 exactly
    [InlineData("1fffffffffff7f")]
    public void Unfinished_and_too_large_integers_are_refused(string hex) =>
        Assert.Throws<HpackException>(() =>
        {
            ReadOnlySpan<byte> input = Convert.FromHexString(hex);
            HpackInteger.Read(ref input, prefixBits: 5);
        });
}
