using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RaftStream.Records;

namespace RaftStream.Cli.Output;

/// <summary>Keys, values and headers as JSON and as text for people.</summary>
internal static class RecordText
{
    private const int ShownBytesOfBinary = 32;

    /// <summary>
    /// Writes <paramref name="name"/> as a string when the bytes are UTF-8, else <paramref name="nameOfBase64"/> in base 64;
    /// null stays null.
    /// </summary>
    public static void WriteBytes(this Utf8JsonWriter json, string name, string nameOfBase64, OptionalBytes bytes)
    {
        if (bytes.IsNull)
        {
            json.WriteNull(name);
        }
        else if (Utf8.IsValid(bytes.Span))
        {
            json.WriteString(name, bytes.Span);
        }
        else
        {
            json.WriteBase64String(nameOfBase64, bytes.Span);
        }
    }

    /// <summary>Writes the members of one record: offset, timestamp, key, value, headers.</summary>
    public static void WriteRecordFields(this Utf8JsonWriter json, in RecordView record)
    {
        json.WriteNumber("offset", record.Offset);
        json.WriteNumber("timestampMs", record.TimestampMs);
        json.WriteBytes("key", "keyBase64", record.Key);
        json.WriteBytes("value", "valueBase64", record.Value);
        json.WriteStartArray("headers");
        foreach (RecordHeaderView header in record.Headers)
        {
            json.WriteStartObject();
            json.WriteBytes("key", "keyBase64", header.Key);
            json.WriteBytes("value", "valueBase64", header.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>For people: text in quotes with control characters escaped, other bytes as hex, or null.</summary>
    public static string Show(OptionalBytes bytes)
    {
        if (bytes.IsNull)
        {
            return "null";
        }

        if (!Utf8.IsValid(bytes.Span))
        {
            ReadOnlySpan<byte> shown = bytes.Span[..Math.Min(bytes.Length, ShownBytesOfBinary)];
            string rest = shown.Length < bytes.Length
                ? string.Create(CultureInfo.InvariantCulture, $"... ({bytes.Length} bytes)")
                : "";
            return $"0x{Convert.ToHexStringLower(shown)}{rest}";
        }

        var text = new StringBuilder("\"");
        foreach (char c in Encoding.UTF8.GetString(bytes.Span))
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(c) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }

        return text.Append('"').ToString();
    }

    /// <summary>A time for people and programs: ISO 8601 in UTC with milliseconds; "none" below 0.</summary>
    public static string Time(long timestampMs) => timestampMs is < 0 or > 253_402_300_799_999
        ? timestampMs < 0 ? "none" : timestampMs.ToString(CultureInfo.InvariantCulture)
        : DateTimeOffset.FromUnixTimeMilliseconds(timestampMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
