using FsCheck;
using FsCheck.Fluent;

namespace RaftStream.Records.Tests;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(-2, "03")]
    [InlineData(63, "7E")]
    [InlineData(-64, "7F")]
    [InlineData(64, "8001")]
    [InlineData(8191, "FE7F")]
    [InlineData(8192, "808001")]
    [InlineData(int.MaxValue, "FEFFFFFF0F")]
    [InlineData(int.MinValue, "FFFFFFFF0F")]
    public void Known_values(int value, string hex)
    {
        AssertRoundTrip(value);
        AssertRoundTrip((long)value);
        byte[] written = new byte[Varint.MaxInt32Size];
        Assert.Equal(hex, Convert.ToHexString(written.AsSpan(0, Varint.Write(written, value))));
    }

    [Fact]
    public void Every_value_is_read_back_in_the_size_foretold()
    {
        // Random bits shifted by a random distance: all sizes are met.
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), Gen.Choose(0, 63).ToArbitrary(), (noise, shift) =>
        {
            long value = (noise * 0x2545F4914F6CDD1D) >> shift;
            AssertRoundTrip(value);
            AssertRoundTrip((int)value);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("FFFFFFFF")]
    [InlineData("FFFFFFFF1F")] // a bit beyond 32
    [InlineData("808080808000")] // six bytes
    [InlineData("FFFFFFFFFFFFFFFFFF01")]
    public void A_cut_or_over_long_int_is_not_read(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        int position = 0;

        Assert.False(Varint.TryRead(bytes, ref position, out int _));
        Assert.Equal(0, position);
    }

    [Theory]
    [InlineData("")]
    [InlineData("FFFFFFFFFFFFFFFFFF")]
    [InlineData("FFFFFFFFFFFFFFFFFF02")] // a bit beyond 64
    [InlineData("8080808080808080808000")] // eleven bytes
    public void A_cut_or_over_long_long_is_not_read(string hex)
    {
        byte[] bytes = Convert.FromHexString(hex);
        int position = 0;

        Assert.False(Varint.TryRead(bytes, ref position, out long _));
        Assert.Equal(0, position);
    }

    [Fact]
    public void Zero_padded_values_are_read_as_other_readers_do()
    {
        byte[] padded = [0x82, 0x80, 0x00];
        int position = 0;

        Assert.True(Varint.TryRead(padded, ref position, out int value));
        Assert.Equal(1, value);
        Assert.Equal(3, position);
    }

    private static void AssertRoundTrip(int value)
    {
        byte[] bytes = new byte[20];
        int size = Varint.Write(bytes.AsSpan(3), value);
        int position = 3;

        Assert.Equal(size, Varint.SizeOf(value));
        Assert.True(Varint.TryRead(bytes.AsSpan(0, 3 + size), ref position, out int read));
        Assert.Equal(value, read);
        Assert.Equal(3 + size, position);
    }

    private static void AssertRoundTrip(long value)
    {
        byte[] bytes = new byte[20];
        int size = Varint.Write(bytes.AsSpan(3), value);
        int position = 3;

        Assert.Equal(size, Varint.SizeOf(value));
        Assert.True(Varint.TryRead(bytes.AsSpan(0, 3 + size), ref position, out long read));
        Assert.Equal(value, read);
        Assert.Equal(3 + size, position);
    }
}
