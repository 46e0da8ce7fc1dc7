namespace RaftStream.Cli.Output;

/// <summary>One line on standard error that is written over and over; nothing where that is no terminal.</summary>
internal sealed class ProgressLine : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);
    private const string EraseLine = "\r\e[2K";

    private readonly CliConsole _console;
    private readonly Func<string> _text;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _drawing;

    /// <summary>Draws <paramref name="text"/> a few times a second until disposed.</summary>
    public ProgressLine(CliConsole console, Func<string> text)
    {
        _console = console;
        _text = text;
        _drawing = console.IsErrorTerminal ? DrawAsync() : Task.CompletedTask;
    }

    /// <summary>Wipes the line.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
#pragma warning disable VSTHRD003 // The loop was started in the constructor, and waits for nobody.
        await _drawing.ConfigureAwait(false);
#pragma warning restore VSTHRD003
        _stopping.Dispose();
    }

    private async Task DrawAsync()
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                await _console.Error.WriteAsync($"{EraseLine}{_text()}").ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            await _console.Error.WriteAsync(EraseLine).ConfigureAwait(false);
        }
    }
}
