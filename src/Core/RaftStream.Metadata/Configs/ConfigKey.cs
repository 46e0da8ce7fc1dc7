using System.Diagnostics;
using System.Globalization;

namespace RaftStream.Metadata.Configs;

/// <summary>How a value is written.</summary>
public enum ConfigType
{
    /// <summary>true or false.</summary>
    Switch,

    /// <summary>32-bit number.</summary>
    Number,

    /// <summary>64-bit number.</summary>
    LongNumber,

    /// <summary>One of a few words.</summary>
    Word,

    /// <summary>Comma-separated words.</summary>
    Words,
}

/// <summary>One key of a schema: its type, default, rule and documentation, all in one place.</summary>
public sealed record ConfigKey
{
    private ConfigKey(string name, ConfigType type, string defaultValue, string documentation, Func<string, string?> problem)
    {
        Name = name;
        Type = type;
        Default = defaultValue;
        Documentation = documentation;
        Problem = problem;
    }

    /// <summary>Kafka's name where Kafka has the key.</summary>
    public string Name { get; }

    /// <summary>How a value is written.</summary>
    public ConfigType Type { get; }

    /// <summary>Kafka's name of the type: boolean, int, long, string or list.</summary>
    public string TypeName => Type switch
    {
        ConfigType.Switch => "boolean",
        ConfigType.Number => "int",
        ConfigType.LongNumber => "long",
        ConfigType.Word => "string",
        ConfigType.Words => "list",
        _ => throw new UnreachableException(Type.ToString()),
    };

    /// <summary>Value when nobody set one.</summary>
    public string Default { get; }

    /// <summary>What it does, with its unit, in a sentence or two.</summary>
    public string Documentation { get; }

    /// <summary>What is wrong with a value, as the end of a sentence; null when it is right.</summary>
    public Func<string, string?> Problem { get; }

    /// <summary>A whole number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public static ConfigKey Number(string name, int defaultValue, string documentation, int min, int max = int.MaxValue) =>
        new(name, ConfigType.Number, Text(defaultValue), documentation, value => NumberProblem(value, min, max));

    /// <summary>A whole number in [<paramref name="min"/>, <paramref name="max"/>].</summary>
    public static ConfigKey LongNumber(string name, long defaultValue, string documentation, long min, long max = long.MaxValue) =>
        new(name, ConfigType.LongNumber, Text(defaultValue), documentation, value => NumberProblem(value, min, max));

    /// <summary>true or false.</summary>
    public static ConfigKey Switch(string name, bool defaultValue, string documentation) =>
        new(name, ConfigType.Switch, defaultValue ? "true" : "false", documentation, BooleanProblem);

    /// <summary>One of a few words; <paramref name="refused"/> are words that Kafka knows and this version does not carry out.</summary>
    public static ConfigKey OneOf(
        string name, string[] allowed, string documentation, ConfigType type = ConfigType.Word, params string[] refused)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        return new(name, type, allowed[0], documentation, value => WordProblem(value, allowed, refused));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? NumberProblem(string value, long min, long max)
    {
        bool fits = long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number);
        if (fits && number >= min && number <= max)
        {
            return null;
        }

        // More digits than a long has are a number all the same.
        string digits = value.TrimStart('-');
        return fits || (digits.Length > 0 && digits.All(char.IsAsciiDigit))
            ? string.Create(CultureInfo.InvariantCulture, $"must be from {min} to {max}")
            : "is not a whole number";
    }

    private static string? BooleanProblem(string value) =>
        value is "true" or "false" ? null : "must be true or false";

    private static string? WordProblem(string value, string[] allowed, string[] refused)
    {
        if (allowed.Contains(value, StringComparer.Ordinal))
        {
            return null;
        }

        string choices = string.Join(" or ", allowed);
        return refused.Any(word => value.Split(',').Contains(word, StringComparer.Ordinal))
            ? $"is not supported by this version, which carries out only {choices}"
            : $"must be {choices}";
    }
}
