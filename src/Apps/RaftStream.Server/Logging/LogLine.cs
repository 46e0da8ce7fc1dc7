using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace RaftStream.Server.Logging;

/// <summary>The form of a log line: time in UTC, level, component, sentence; a stack trace follows on lines of its own.</summary>
internal static class LogLine
{
    /// <summary>For example <c>2026-01-31T12:00:00.123Z INF Broker  ISR of orders-0 shrinks to 1</c>.</summary>
    public static string Format(DateTimeOffset time, LogLevel level, string category, string message, Exception? exception)
    {
        var line = new StringBuilder(128);
        line.Append(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ} {Word(level)} {Component(category),-8} {message}");
        if (exception is not null)
        {
            line.AppendLine().Append(exception);
        }

        return line.ToString();
    }

    /// <summary><c>RaftStream.Broker.Partitions.Cell</c> is <c>Broker</c>; a foreign category is its last word.</summary>
    private static string Component(string category)
    {
        string[] words = category.Split('.');
        return words[0] == "RaftStream" && words.Length > 1 ? words[1] : words[^1];
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRC",
        LogLevel.Debug => "DBG",
        LogLevel.Information => "INF",
        LogLevel.Warning => "WRN",
        LogLevel.Error => "ERR",
        _ => "CRT",
    };
}
