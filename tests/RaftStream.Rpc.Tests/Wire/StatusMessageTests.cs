using FsCheck;
using FsCheck.Fluent;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Tests.Wire;

public sealed class StatusMessageTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text", "plain text")]
    [InlineData("100 %", "100 %25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("Größe €", "Gr%C3%B6%C3%9Fe %E2%82%AC")]
    [InlineData("😀", "%F0%9F%98%80")]
    public void Detail_is_percent_encoded(string detail, string header)
    {
        Assert.Equal(header, StatusMessage.Encode(detail));
        Assert.Equal(detail, StatusMessage.Decode(header));
    }

    [Theory]
    [InlineData("50%", "50%")]
    [InlineData("%zz", "%zz")]
    [InlineData("%4", "%4")]
    [InlineData("%41%", "A%")]
    public void Broken_escape_stays_as_it_is(string header, string detail) => Assert.Equal(detail, StatusMessage.Decode(header));

    [Fact]
    public void Header_is_always_printable_ascii() => Prop.ForAll(
        ArbMap.Default.ArbFor<string>().Filter(text => text is not null),
        detail => StatusMessage.Encode(detail).All(c => c is >= ' ' and <= '~')).QuickCheckThrowOnFailure();

    [Fact]
    public void Encode_then_decode_gives_the_detail_back() => Prop.ForAll(
        ArbMap.Default.ArbFor<string>().Filter(text => text is not null && !text.Any(char.IsSurrogate)),
        detail => StatusMessage.Decode(StatusMessage.Encode(detail)) == detail).QuickCheckThrowOnFailure();

    [Fact]
    public void Endless_detail_is_cut() => Assert.InRange(StatusMessage.Encode(new string('ä', 100_000)).Length, 4096, 4096 + 12);
}
