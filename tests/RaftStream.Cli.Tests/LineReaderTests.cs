using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RaftStream.Cli.Producing;

namespace RaftStream.Cli.Tests;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a" })]
    [InlineData("a\nb", new[] { "a", "b" })]
    [InlineData("\n\n", new[] { "", "" })]
    [InlineData("a\r\nb\n", new[] { "a\r", "b" })]
    public async Task A_line_ends_with_a_line_feed_and_nothing_else(string text, string[] lines) =>
        Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text), stride: 100));

    [Fact]
    public void Lines_are_the_same_however_they_trickle_in()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonNull<string>[]>(),
            ArbMap.Default.ArbFor<PositiveInt>(),
            (lines, stride) =>
            {
                string[] expected = [.. lines.Select(line => line.Get.Replace("\n", "", StringComparison.Ordinal))];
                byte[] bytes = [.. expected.SelectMany(line => Encoding.UTF8.GetBytes(line + "\n"))];
                string[] again = [.. expected.Select(line => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(line)))];
                return ReadAsync(bytes, stride.Get).Result.SequenceEqual(again);
            }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task A_line_may_be_longer_than_the_buffer()
    {
        string line = new('x', 3_000_000);

        Assert.Equal([line, "y"], await ReadAsync(Encoding.UTF8.GetBytes($"{line}\ny"), stride: 70_000));
    }

    private static async Task<List<string>> ReadAsync(byte[] bytes, int stride)
    {
        using var stream = new TricklingStream(bytes, stride);
        var reader = new LineReader(stream);
        var lines = new List<string>();
        while (await reader.FillAsync(CancellationToken.None))
        {
            while (reader.TryRead(out ReadOnlySpan<byte> line))
            {
                lines.Add(Encoding.UTF8.GetString(line));
            }
        }

        return lines;
    }

    /// <summary>Gives at most so many bytes a time.</summary>
    private sealed class TricklingStream(byte[] bytes, int stride) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, stride)], cancellationToken);
    }
}
