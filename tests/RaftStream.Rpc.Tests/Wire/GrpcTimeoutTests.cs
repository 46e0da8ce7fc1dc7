using FsCheck;
using FsCheck.Fluent;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Tests.Wire;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1n", 1)] // rounded up to the tick of 100 ns
    [InlineData("100n", 1)]
    [InlineData("101n", 2)]
    [InlineData("5u", 50)]
    [InlineData("250m", 2_500_000)]
    [InlineData("99999999m", 999_999_990_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("0m", 0)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    public void Header_is_digits_and_a_unit(string header, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(header, out TimeSpan timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("5s")]
    [InlineData("-5S")]
    [InlineData(" 5S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")] // more than eight digits
    public void Header_of_another_form_is_refused(string header) => Assert.False(GrpcTimeout.TryParse(header, out _));

    [Fact]
    public void Formatted_timeout_is_never_shorter_and_hardly_longer() => Prop.ForAll(
        Gen.Choose(0, 1_800_000_000).Select(value => new TimeSpan((long)value * value)).ToArbitrary(),
        timeout =>
        {
            bool parsed = GrpcTimeout.TryParse(GrpcTimeout.Format(timeout), out TimeSpan back);
            return parsed && back >= timeout && back - timeout <= TimeSpan.FromMilliseconds(1) + (timeout / 1000);
        }).QuickCheckThrowOnFailure();
}
