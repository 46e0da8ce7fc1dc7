using System.CommandLine.Parsing;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Client;

namespace RaftStream.Cli.Consuming;

/// <summary>Where <c>--from</c> says to begin.</summary>
/// <param name="Position">For the broker; null when it is an offset.</param>
/// <param name="Offset">Below 0 counts from the end; null when it is a position.</param>
internal readonly record struct FromPosition(StartPosition? Position, long? Offset)
{
    /// <summary>The first kept record of each partition.</summary>
    public static FromPosition Beginning => new(StartPosition.Beginning, null);

    /// <summary>For the option: reports what is wrong as a usage error.</summary>
    public static FromPosition Parse(ArgumentResult argument)
    {
        string written = argument.Tokens[0].Value;
        if (TryParse(written, DateTimeOffset.UtcNow, out FromPosition from))
        {
            return from;
        }

        argument.AddError(
            $"\"{written}\" is no position: write beginning, end, offset:1000, offset:-10 (the last ten), "
            + "time:2025-06-01T12:00:00Z, time:1748779200000 (ms since 1970) or time:-10m (ten minutes ago).");
        return default;
    }

    /// <summary>Reads a position.</summary>
    /// <param name="now">What times in the past count from.</param>
    public static bool TryParse(string written, DateTimeOffset now, out FromPosition from)
    {
        int colon = written.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? written : written[..colon];
        string value = colon < 0 ? "" : written[(colon + 1)..];
        from = default;
        switch (kind)
        {
            case "beginning" when colon < 0:
                from = Beginning;
                return true;
            case "end" when colon < 0:
                from = new FromPosition(StartPosition.End, null);
                return true;
            case "offset" when long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long offset):
                from = new FromPosition(null, offset);
                return true;
            case "time" when TryParseTime(value, now, out DateTimeOffset time) && time >= DateTimeOffset.UnixEpoch:
                from = new FromPosition(StartPosition.AtTime(time), null);
                return true;
            default:
                return false;
        }
    }

    private static bool TryParseTime(string written, DateTimeOffset now, out DateTimeOffset time)
    {
        const long LastMillisecond = 253_402_300_799_999;
        time = default;
        if (written.StartsWith('-'))
        {
            bool isDuration = Durations.TryParse(written[1..], out TimeSpan ago);
            time = now - ago;
            return isDuration;
        }

        if (long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds) && milliseconds <= LastMillisecond)
        {
            time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
            return true;
        }

        return DateTimeOffset.TryParse(written, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }
}
