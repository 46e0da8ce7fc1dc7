using System.Text;

namespace RaftStream.Cli.Output;

/// <summary>What a command reads from and writes to; tests hand in their own.</summary>
internal sealed class CliConsole : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>A console over streams that stay the caller's.</summary>
    public CliConsole(Stream input, Stream output, TextWriter error)
    {
        In = input;
        Out = output;
        Error = error;
        Text = new StreamWriter(output, Utf8, bufferSize: 16 * 1024, leaveOpen: true) { NewLine = "\n" };
    }

    /// <summary>Standard input, bytes.</summary>
    public Stream In { get; }

    /// <summary>Standard output, bytes and unbuffered. Throws <see cref="BrokenPipeException"/> when the reader has gone.</summary>
    public Stream Out { get; }

    /// <summary>Standard output as text, buffered until flushed or the command ends. Not to be mixed with <see cref="Out"/>.</summary>
    public TextWriter Text { get; }

    /// <summary>Standard error: messages, and progress where it is a terminal.</summary>
    public TextWriter Error { get; }

    /// <summary>True when people read standard output as it comes.</summary>
    public bool IsOutTerminal { get; init; }

    /// <summary>True when people read standard error as it comes.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Environment variables, null when not set.</summary>
    public Func<string, string?> Variable { get; init; } = static _ => null;

    /// <summary>The process's own console.</summary>
    public static CliConsole OfProcess() => new(
        Console.OpenStandardInput(),
        OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new StandardOutput(),
        Console.Error)
    {
        IsOutTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>Gives up what was not flushed.</summary>
    public void Dispose()
    {
        try
        {
            Text.Dispose();
        }
        catch (BrokenPipeException)
        {
            // Nobody reads it.
        }
    }
}
