namespace RaftStream.Server.Startup;

/// <summary>The server cannot start for a reason that its operator can mend. The message says what happened and what to do.</summary>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
