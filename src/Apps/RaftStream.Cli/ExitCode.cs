namespace RaftStream.Cli;

/// <summary>What a script may rely on.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for was done.</summary>
    public const int Ok = 0;

    /// <summary>Something was not done; standard error says what, and what to do.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense; nothing was tried.</summary>
    public const int Usage = 2;
}
