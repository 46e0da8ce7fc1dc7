namespace RaftStream.Cli;

/// <summary>What a script may rely on.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for was done; also when the reader of a pipe had enough.</summary>
    public const int Ok = 0;

    /// <summary>Something was not done; standard error says what, and what to do.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense; nothing was tried.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C (SIGINT), as a shell counts it.</summary>
    public const int Interrupted = 130;

    /// <summary>Stopped by SIGTERM, as a shell counts it.</summary>
    public const int Terminated = 143;
}
