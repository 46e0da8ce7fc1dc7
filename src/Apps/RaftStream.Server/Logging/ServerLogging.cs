using Microsoft.Extensions.Logging;

namespace RaftStream.Server.Logging;

/// <summary>Loggers of the process: one line per entry, to one stream, from one level on. No service container, no options.</summary>
internal sealed class ServerLogging(LineWriter lines, LogLevel level, TimeProvider time) : ILoggerFactory
{
    // Frameworks below us talk at Information about every connection and request.
    private const LogLevel ForeignLevel = LogLevel.Warning;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName)
    {
        bool foreign = !categoryName.StartsWith("RaftStream", StringComparison.Ordinal);
        return new LineLogger(lines, categoryName, foreign && level is LogLevel.Information ? ForeignLevel : level, time);
    }

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The server's log has one destination.");

    /// <summary>The lines belong to the caller.</summary>
    public void Dispose()
    {
    }

    private sealed class LineLogger(LineWriter lines, string category, LogLevel least, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lines.Write(LogLine.Format(time.GetUtcNow(), logLevel, category, formatter(state, exception), exception));
            }
        }
    }
}
