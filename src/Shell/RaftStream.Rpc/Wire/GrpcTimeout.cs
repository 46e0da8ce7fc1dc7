using System.Globalization;

namespace RaftStream.Rpc.Wire;

/// <summary>The <c>grpc-timeout</c> header: at most eight digits and a unit (H, M, S, m, u, n).</summary>
internal static class GrpcTimeout
{
    private const long MaxDigits = 99_999_999;

    /// <summary>The header for a positive timeout, rounded up to milliseconds or, for long ones, to the unit that fits.</summary>
    public static string Format(TimeSpan timeout)
    {
        long milliseconds = Math.Max(1, DivideRoundingUp(timeout.Ticks, TimeSpan.TicksPerMillisecond));
        (long value, char unit) = milliseconds switch
        {
            <= MaxDigits => (milliseconds, 'm'),
            <= MaxDigits * 1_000 => (DivideRoundingUp(milliseconds, 1_000), 'S'),
            <= MaxDigits * 60_000 => (DivideRoundingUp(milliseconds, 60_000), 'M'),
            _ => (Math.Min(DivideRoundingUp(milliseconds, 3_600_000), MaxDigits), 'H'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
    }

    /// <summary>Reads a header; false when it has another form. Values too large for a TimeSpan become its maximum.</summary>
    public static bool TryParse(ReadOnlySpan<char> header, out TimeSpan timeout)
    {
        timeout = default;
        if (header.Length is < 2 or > 9
            || !uint.TryParse(header[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
        {
            return false;
        }

        long ticksPerUnit = header[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => -1,
        };
        if (ticksPerUnit < 0)
        {
            return false;
        }

        timeout = ticksPerUnit == 0
            ? new TimeSpan(DivideRoundingUp(value, TimeSpan.NanosecondsPerTick))
            : new TimeSpan(value > long.MaxValue / ticksPerUnit ? long.MaxValue : value * ticksPerUnit);
        return true;
    }

    private static long DivideRoundingUp(long value, long by) => (value / by) + (value % by > 0 ? 1 : 0);
}
