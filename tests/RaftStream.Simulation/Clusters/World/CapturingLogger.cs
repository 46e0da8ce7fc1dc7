using Microsoft.Extensions.Logging;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Keeps the last exception that a process reported: why it stopped by itself.</summary>
internal sealed class CapturingLogger : ILogger
{
    public Exception? LastFailure { get; private set; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        LastFailure ??= exception;
}
