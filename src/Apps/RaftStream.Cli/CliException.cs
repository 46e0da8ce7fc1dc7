namespace RaftStream.Cli;

/// <summary>A failure that is the user's to mend. The message is one or two lines: what happened and what to do.</summary>
/// <param name="exitCode">What the process returns; see <see cref="ExitCode"/>.</param>
internal sealed class CliException(string message, int exitCode = ExitCode.Failed, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What the process returns.</summary>
    public int ExitCode { get; } = exitCode;
}
