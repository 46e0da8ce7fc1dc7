namespace RaftStream.Cli.Demo;

/// <summary>How the demo runs.</summary>
/// <param name="File">Lines to produce; null: the system's logs.</param>
/// <param name="Lines">How many.</param>
/// <param name="KeepFolder">Leave the broker's data where it is.</param>
internal sealed record DemoOptions(string? File, int Lines, int Partitions, bool KeepFolder);
