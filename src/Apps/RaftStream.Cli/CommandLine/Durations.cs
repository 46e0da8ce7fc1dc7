using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RaftStream.Cli.CommandLine;

/// <summary>Times as people write them: <c>500ms</c>, <c>10s</c>, <c>1.5m</c>, <c>2h</c>, <c>7d</c>.</summary>
internal static class Durations
{
    // Longest first: "ms" ends in "s" too.
    private static readonly (string Suffix, double Milliseconds)[] Units =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// <summary>An option of a time above 0.</summary>
    public static Option<TimeSpan?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = static argument => Parse(argument),
    };

    /// <summary>For options: reports what is wrong as a usage error.</summary>
    public static TimeSpan Parse(ArgumentResult argument)
    {
        string written = argument.Tokens[0].Value;
        if (TryParse(written, out TimeSpan duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        argument.AddError($"\"{written}\" is no time: write e.g. 500ms, 10s, 2m or 1h.");
        return default;
    }

    /// <summary>As <see cref="Parse"/>, where 0 has a meaning.</summary>
    public static TimeSpan ParseOrZero(ArgumentResult argument) =>
        argument.Tokens[0].Value == "0" ? TimeSpan.Zero : Parse(argument);

    /// <summary>Reads a time of 0 or more.</summary>
    /// <returns>False when it is none, or longer than about 24 days.</returns>
    public static bool TryParse(string written, out TimeSpan duration)
    {
        duration = default;
        foreach ((string suffix, double milliseconds) in Units)
        {
            if (!written.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            ReadOnlySpan<char> number = written.AsSpan(0, written.Length - suffix.Length);
            if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count)
                && count * milliseconds <= int.MaxValue)
            {
                duration = TimeSpan.FromMilliseconds(count * milliseconds);
                return true;
            }
        }

        return false;
    }
}
