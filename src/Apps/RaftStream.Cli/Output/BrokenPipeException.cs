namespace RaftStream.Cli.Output;

/// <summary>Whoever read our standard output has gone (<c>| head</c>): no failure, but a reason to stop.</summary>
internal sealed class BrokenPipeException() : IOException("The reader of the output has gone.");
