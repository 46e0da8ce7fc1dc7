using System.Diagnostics;

namespace RaftStream.Integration.Harness;

/// <summary>What a process said, line by line, as it says it. Thread-safe.</summary>
internal sealed class CapturedLog
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    /// <summary>All lines so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>All lines so far as one text.</summary>
    public string Text => string.Join('\n', Lines);

    /// <summary>Reads both streams of a process until they end.</summary>
    public void Attach(Process process)
    {
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Waits until a line contains <paramref name="part"/>.</summary>
    public Task SaysAsync(string part) => Eventually.HoldsAsync(
        () => Lines.Any(line => line.Contains(part, StringComparison.Ordinal)), () => $"Nobody said \"{part}\". The log:\n{Text}");

    private void Add(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _lines.Add(line);
            }
        }
    }
}
