using System.Threading.Channels;

namespace RaftStream.Server.Logging;

/// <summary>Writes lines to a stream from a task of its own, so that a console that does not take them never holds up the broker.</summary>
/// <remarks>
/// At most <see cref="Capacity"/> lines wait; more are dropped, and how many is said with the next line that fits.
/// Thread-safe.
/// </remarks>
internal sealed class LineWriter : IAsyncDisposable
{
    /// <summary>Lines that may wait: some hundred kilobytes, several seconds of a burst.</summary>
    public const int Capacity = 4096;

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly Stream _stream;
    private readonly Task _writing;
    private long _dropped;

    /// <summary>Starts writing.</summary>
    /// <param name="stream">Owned by this writer from now on.</param>
    public LineWriter(Stream stream)
    {
        _stream = stream;
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Takes one line, without its end; drops it when too many wait.</summary>
    public void Write(string line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what waits, for a second at most: a console that takes nothing must not keep the process alive.</summary>
    public async ValueTask DisposeAsync()
    {
        _lines.Writer.TryComplete();
#pragma warning disable VSTHRD003 // The task is this object's own.
        await Task.WhenAny(_writing, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
#pragma warning restore VSTHRD003
    }

    private async Task WriteAllAsync()
    {
        try
        {
            using var writer = new StreamWriter(_stream);
            while (await _lines.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (_lines.Reader.TryRead(out string? line))
                {
                    await writer.WriteLineAsync(line).ConfigureAwait(false);
                    if (Interlocked.Exchange(ref _dropped, 0) is > 0 and long dropped)
                    {
                        await writer.WriteLineAsync($"({dropped} log lines were dropped: the console did not take them)").ConfigureAwait(false);
                    }
                }

                await writer.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // Nobody reads (a closed pipe). There is no place left to say so; the broker goes on without log lines.
            _lines.Writer.TryComplete();
        }
    }
}
