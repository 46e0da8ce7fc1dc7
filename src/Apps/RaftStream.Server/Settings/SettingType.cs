using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace RaftStream.Server.Settings;

/// <summary>What the text of a setting may be, and the value it stands for.</summary>
/// <param name="Name">Type as users read it: int, long, boolean, string, list, path, address.</param>
/// <param name="Limits">What is allowed besides the type, e.g. <c>0..65535</c>; empty when all of it is.</param>
/// <param name="Parse">Reads a text; on failure says what would be right ("must be ...").</param>
/// <param name="Format">The text that <paramref name="Parse"/> reads back.</param>
public sealed record SettingType<T>(string Name, string Limits, SettingParser<T> Parse, Func<T, string> Format);

/// <summary>Reads the text of a setting.</summary>
/// <param name="mistake">What is wrong, as the end of a sentence that begins with the setting; null on success.</param>
public delegate bool SettingParser<T>(string text, [MaybeNullWhen(false)] out T value, out string? mistake);

/// <summary>The types that settings have.</summary>
internal static class SettingTypes
{
    public static SettingType<int> Int(int min, int max) => new(
        "int", Range(min, max, int.MaxValue), (string text, out int value, out string? mistake) =>
        {
            bool good = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
                && value >= min && value <= max;
            mistake = good ? null : $"must be a whole number {Within(min, max, int.MaxValue)}";
            return good;
        },
        value => value.ToString(CultureInfo.InvariantCulture));

    public static SettingType<long> Long(long min, long max = long.MaxValue) => new(
        "long", Range(min, max, long.MaxValue), (string text, out long value, out string? mistake) =>
        {
            bool good = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
                && value >= min && value <= max;
            mistake = good ? null : $"must be a whole number {Within(min, max, long.MaxValue)}";
            return good;
        },
        value => value.ToString(CultureInfo.InvariantCulture));

    public static SettingType<bool> Boolean { get; } = new(
        "boolean", "true or false", (string text, out bool value, out string? mistake) =>
        {
            bool good = bool.TryParse(text, out value);
            mistake = good ? null : "must be true or false";
            return good;
        },
        value => value ? "true" : "false");

    public static SettingType<string> Text(string limits = "", Func<string, string?>? check = null) =>
        Checked("string", check ?? (_ => null), limits);

    public static SettingType<string> Path { get; } = Checked("path", _ => null);

    /// <summary>A text that is kept as it is when <paramref name="check"/> finds nothing wrong.</summary>
    public static SettingType<string> Checked(string name, Func<string, string?> check, string limits = "") => new(
        name, limits, (string text, [MaybeNullWhen(false)] out string value, out string? mistake) =>
        {
            value = text;
            mistake = check(text);
            return mistake is null;
        },
        value => value);

    /// <summary>One of a few words, whatever their case.</summary>
    public static SettingType<T> OneOf<T>(params (string Word, T Value)[] choices)
        where T : notnull
    {
        string words = string.Join(", ", choices.Select(choice => choice.Word));
        return new SettingType<T>(
            "string", words, (string text, [MaybeNullWhen(false)] out T value, out string? mistake) =>
            {
                foreach ((string word, T choice) in choices)
                {
                    if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
                    {
                        (value, mistake) = (choice, null);
                        return true;
                    }
                }

                (value, mistake) = (default, $"must be one of: {words}");
                return false;
            },
            value => Array.Find(choices, choice => choice.Value.Equals(value)).Word);
    }

    /// <summary>An IP address to listen on; <c>*</c> is every one, <c>localhost</c> is 127.0.0.1.</summary>
    public static SettingType<IPAddress> Address { get; } = new(
        "address", "an IP address, localhost, or * for all",
        (string text, [MaybeNullWhen(false)] out IPAddress value, out string? mistake) =>
        {
            value = text switch { "*" => IPAddress.Any, "localhost" => IPAddress.Loopback, _ => null };
            bool good = value is not null || IPAddress.TryParse(text, out value);
            mistake = good ? null : "must be an IP address of this machine, localhost, or * for all addresses";
            return good;
        },
        value => value.ToString());

    private static string Range(long min, long max, long unlimited) =>
        max == unlimited ? $"{Number(min)}.." : $"{Number(min)}..{Number(max)}";

    private static string Within(long min, long max, long unlimited) =>
        max == unlimited ? $"of at least {Number(min)}" : $"from {Number(min)} to {Number(max)}";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
