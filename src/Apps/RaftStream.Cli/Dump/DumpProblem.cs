namespace RaftStream.Cli.Dump;

/// <summary>Something that is not as it was written.</summary>
/// <param name="Position">Where in the file, bytes.</param>
/// <param name="Code">For programs, e.g. <c>ChecksumMismatch</c>.</param>
/// <param name="Message">A sentence for people.</param>
/// <param name="IsCorruption">False for what a crash or a missing library explains.</param>
internal readonly record struct DumpProblem(long Position, string Code, string Message, bool IsCorruption);
