using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Consuming;
using RaftStream.Client;

namespace RaftStream.Cli.Tests;

/// <summary>Times, sizes and positions as people write them.</summary>
public sealed class ParsingTests
{
    private static readonly DateTimeOffset Now = new(2025, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("0s", 0)]
    public void Times_have_units(string written, double milliseconds)
    {
        Assert.True(Durations.TryParse(written, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1e9d")]
    [InlineData("100d")]
    public void Other_text_is_no_time(string written) => Assert.False(Durations.TryParse(written, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1000", 1000)]
    [InlineData("10k", 10_000)]
    [InlineData("1.5M", 1_500_000)]
    [InlineData("64KiB", 65_536)]
    [InlineData("1GiB", 1_073_741_824)]
    public void Sizes_may_have_units(string written, long expected)
    {
        Assert.True(Sizes.TryParse(written, out long size));
        Assert.Equal(expected, size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("-5")]
    [InlineData("5 apples")]
    [InlineData("99999999999999999999")]
    [InlineData("9999999999GiB")]
    public void Other_text_is_no_size(string written) => Assert.False(Sizes.TryParse(written, out _));

    [Fact]
    public void Positions_are_ends_offsets_and_times()
    {
        Assert.Equal(FromPosition.Beginning, Parse("beginning"));
        Assert.Equal(new FromPosition(StartPosition.End, null), Parse("end"));
        Assert.Equal(new FromPosition(null, 42), Parse("offset:42"));
        Assert.Equal(new FromPosition(null, -5), Parse("offset:-5"));
        Assert.Equal(AtTime(Now), Parse("time:2025-06-01T12:00:00Z"));
        Assert.Equal(AtTime(Now), Parse("time:2025-06-01T14:00:00+02:00"));
        Assert.Equal(AtTime(Now), Parse("time:1748779200000"));
        Assert.Equal(AtTime(Now.AddMinutes(-10)), Parse("time:-10m"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("start")]
    [InlineData("beginning:1")]
    [InlineData("offset:")]
    [InlineData("offset:x")]
    [InlineData("time:")]
    [InlineData("time:-10")]
    [InlineData("time:1950-01-01T00:00:00Z")]
    [InlineData("time:999999999999999999")]
    public void Other_text_is_no_position(string written) => Assert.False(FromPosition.TryParse(written, Now, out _));

    [Theory]
    [InlineData("localhost:9090", "localhost", 9090)]
    [InlineData("[::1]:9090", "::1", 9090)]
    public void Endpoints_are_host_and_port(string written, string host, int port) =>
        Assert.Equal((host, port), Reachability.Parse(written));

    private static FromPosition AtTime(DateTimeOffset time) => new(StartPosition.AtTime(time), null);

    private static FromPosition Parse(string written)
    {
        Assert.True(FromPosition.TryParse(written, Now, out FromPosition from));
        return from;
    }
}
