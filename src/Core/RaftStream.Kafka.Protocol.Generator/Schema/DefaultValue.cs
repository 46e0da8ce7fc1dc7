using System.Globalization;

namespace RaftStream.Kafka.Protocol.Generator.Schema;

/// <summary>The value a field has when nothing was said about it.</summary>
public static class DefaultValue
{
    /// <summary>The default as C# source; null when what the schema says does not fit the type. For arrays and structs it is empty or "null".</summary>
    public static string? Of(FieldSchema field)
    {
        string? text = field.Default;
        if (text == "null")
        {
            return field.CanBeNull ? "null" : null;
        }

        if (field.IsArray || field.Kind is FieldKind.Struct or FieldKind.Records or FieldKind.Bytes)
        {
            return text is null ? "" : null;
        }

        return field.Kind switch
        {
            FieldKind.Bool => text is null or "false" ? "false" : text == "true" ? "true" : null,
            FieldKind.Int8 => Integer(text, sbyte.MinValue, sbyte.MaxValue),
            FieldKind.Int16 => Integer(text, short.MinValue, short.MaxValue),
            FieldKind.UInt16 => Integer(text, ushort.MinValue, ushort.MaxValue),
            FieldKind.Int32 => Integer(text, int.MinValue, int.MaxValue),
            FieldKind.Int64 => Integer(text, long.MinValue, long.MaxValue),
            FieldKind.Float64 => text is null ? "0" : null,
            FieldKind.Uuid => text is null ? "default" : null,
            FieldKind.String => text is null or "\"\"" ? "\"\"" : null,
            _ => null,
        };
    }

    private static string? Integer(string? text, long least, long most)
    {
        if (text is null)
        {
            return "0";
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least && value <= most
            ? Literal(value)
            : null;
    }

    private static string Literal(long value) => value switch
    {
        long.MinValue => "long.MinValue",
        int.MinValue => "int.MinValue",
        _ => value.ToString(CultureInfo.InvariantCulture) + (value is > int.MaxValue or < int.MinValue ? "L" : ""),
    };
}
