using System.CommandLine.Parsing;
using System.Globalization;

namespace RaftStream.Cli.CommandLine;

/// <summary>Counts and sizes as people write them: <c>1000000</c>, <c>10k</c>, <c>2M</c>, <c>64KiB</c>, <c>1GiB</c>.</summary>
internal static class Sizes
{
    private static readonly (string Suffix, long Factor)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("k", 1_000), ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("", 1),
    ];

    /// <summary>For options of a whole number above 0.</summary>
    public static long Parse(ArgumentResult argument)
    {
        string written = argument.Tokens[0].Value;
        if (TryParse(written, out long size) && size > 0)
        {
            return size;
        }

        argument.AddError($"\"{written}\" is no count or size: write e.g. 1000, 10k, 2M, 64KiB or 1GiB.");
        return default;
    }

    /// <summary>For options of a whole number above 0 that fits an int.</summary>
    public static int ParseInt(ArgumentResult argument)
    {
        long size = Parse(argument);
        if (size <= int.MaxValue)
        {
            return (int)size;
        }

        argument.AddError($"\"{argument.Tokens[0].Value}\" is too large.");
        return default;
    }

    /// <summary>Reads a number of 0 or more.</summary>
    public static bool TryParse(string written, out long size)
    {
        size = 0;
        foreach ((string suffix, long factor) in Units)
        {
            if (!written.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            ReadOnlySpan<char> number = written.AsSpan(0, written.Length - suffix.Length);
            if (decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal count)
                && count <= long.MaxValue / factor)
            {
                size = (long)(count * factor);
                return true;
            }
        }

        return false;
    }
}
