using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging;
using RaftStream.Server.Logging;

namespace RaftStream.Server.Tests.Logging;

/// <summary>Log lines, and a console that does not take them.</summary>
public sealed class LoggingTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, 123, TimeSpan.Zero);

    [Fact]
    public void A_line_has_time_level_component_and_sentence()
    {
        Assert.Equal(
            "2026-01-31T12:00:00.123Z INF Broker   It happened.",
            LogLine.Format(Noon, LogLevel.Information, "RaftStream.Broker.Partitions.Cell", "It happened.", exception: null));
        Assert.Equal(
            $"2026-01-31T12:00:00.123Z ERR Kestrel  It failed.{Environment.NewLine}System.IO.IOException: disk",
            LogLine.Format(Noon, LogLevel.Error, "Microsoft.AspNetCore.Server.Kestrel", "It failed.", new IOException("disk")));
    }

    [Theory]
    [InlineData(LogLevel.Information, "RaftStream.Broker", LogLevel.Information, true)]
    [InlineData(LogLevel.Information, "RaftStream.Broker", LogLevel.Debug, false)]
    [InlineData(LogLevel.Information, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Information, false)]
    [InlineData(LogLevel.Information, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Warning, true)]
    [InlineData(LogLevel.Debug, "Microsoft.AspNetCore.Server.Kestrel", LogLevel.Debug, true)]
    [InlineData(LogLevel.None, "RaftStream.Broker", LogLevel.Critical, false)]
    public async Task Foreign_components_are_quiet_unless_asked(LogLevel setting, string category, LogLevel entry, bool expected)
    {
        await using var lines = new LineWriter(new MemoryStream());
        using var logging = new ServerLogging(lines, setting, TimeProvider.System);

        Assert.Equal(expected, logging.CreateLogger(category).IsEnabled(entry));
    }

    [Fact]
    public async Task Lines_come_out_in_order()
    {
        var stream = new MemoryStream();
        await using (var lines = new LineWriter(stream))
        {
            for (int i = 0; i < 100; i++)
            {
                lines.Write($"line {i}");
            }
        }

        Assert.Equal(
            string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i}{Environment.NewLine}")), Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public async Task A_console_that_takes_nothing_holds_nobody_up_and_the_loss_is_said()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        const int Written = LineWriter.Capacity * 2;
        await using var lines = new LineWriter(pipe.Writer.AsStream());

        for (int i = 0; i < Written; i++)
        {
            lines.Write($"line {i}");
        }

        using var reader = new StreamReader(pipe.Reader.AsStream());
        int read = 0;
        long dropped = 0;
        while (read + dropped < Written && await reader.ReadLineAsync() is { } line)
        {
            bool isLoss = line.StartsWith('(');
            dropped += isLoss ? long.Parse(line.AsSpan(1, line.IndexOf(' ', StringComparison.Ordinal) - 1)) : 0;
            read += isLoss ? 0 : 1;
        }

        Assert.InRange(dropped, 1, LineWriter.Capacity);
        Assert.Equal(Written, read + dropped);
    }

    [Fact]
    public async Task A_closed_console_is_no_reason_to_fail()
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync(new IOException("closed"));
        await using var lines = new LineWriter(new ClosedStream());

        lines.Write("into the void");
        lines.Write("again");
    }

    private sealed class ClosedStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("closed");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("closed");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("closed");
    }
}
