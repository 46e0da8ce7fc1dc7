using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Generator.Emit;

/// <summary>How a field looks in C#.</summary>
internal static class FieldCode
{
    /// <summary>Type of one value.</summary>
    public static string ElementType(FieldSchema field) => field.Kind switch
    {
        FieldKind.Bool => "bool",
        FieldKind.Int8 => "sbyte",
        FieldKind.Int16 => "short",
        FieldKind.UInt16 => "ushort",
        FieldKind.Int32 => "int",
        FieldKind.Int64 => "long",
        FieldKind.Float64 => "double",
        FieldKind.Uuid => "global::System.Guid",
        FieldKind.String => "string",
        FieldKind.Struct => field.Struct!.Name,
        _ => "WireBytes",
    };

    /// <summary>The property.</summary>
    public static string Property(FieldSchema field)
    {
        string type = ElementType(field);
        if (field.IsArray)
        {
            string list = field.Kind == FieldKind.Struct ? "MessageList" : "ValueList";
            return $"public {list}<{type}> {field.Name} {{ get; }} = new({(IsNullByDefault(field) ? "isNull: true" : "")});";
        }

        return field.Kind switch
        {
            FieldKind.Struct when field.CanBeNull => $"public {type}? {field.Name} {{ get; set; }}",
            FieldKind.Struct => $"public {type} {field.Name} {{ get; }} = new();",
            FieldKind.String => $"public string{(field.CanBeNull ? "?" : "")} {field.Name} {{ get; set; }}{Initial(field)}",
            _ => $"public {type} {field.Name} {{ get; set; }}{Initial(field)}",
        };
    }

    /// <summary>The statement that gives the field its default.</summary>
    public static string Clear(FieldSchema field)
    {
        if (field.IsArray)
        {
            return IsNullByDefault(field) ? $"{field.Name}.SetNull();" : $"{field.Name}.Clear();";
        }

        return field.Kind == FieldKind.Struct && !field.CanBeNull ? $"{field.Name}.Reset();" : $"{field.Name} = {Default(field)};";
    }

    /// <summary>The test that it has its default.</summary>
    public static string HasDefault(FieldSchema field)
    {
        if (field.IsArray)
        {
            return IsNullByDefault(field) ? $"{field.Name}.IsNull" : $"{field.Name} is {{ Count: 0, IsNull: false }}";
        }

        return field.Kind switch
        {
            FieldKind.Struct when field.CanBeNull => $"{field.Name} is null",
            FieldKind.Struct => $"{field.Name}.HoldsDefaults()",
            FieldKind.Bytes or FieldKind.Records => $"{field.Name}.{(IsNullByDefault(field) ? "IsNull" : "IsEmpty")}",
            FieldKind.Uuid => $"{field.Name} == global::System.Guid.Empty",
            FieldKind.Bool => DefaultValue.Of(field) == "true" ? field.Name : $"!{field.Name}",
            FieldKind.String when !IsNullByDefault(field) => $"{field.Name} is \"\"",
            FieldKind.String => $"{field.Name} is null",
            _ => $"{field.Name} == {DefaultValue.Of(field)}",
        };
    }

    /// <summary>The default as an expression.</summary>
    public static string Default(FieldSchema field) => field.Kind switch
    {
        FieldKind.Struct => "null",
        FieldKind.Bytes or FieldKind.Records => IsNullByDefault(field) ? "WireBytes.Null" : "default",
        _ => DefaultValue.Of(field)!,
    };

    /// <summary>The reader's and writer's word for the type.</summary>
    public static string Verb(FieldKind kind) => kind.ToString();

    /// <summary>Bytes of a type that always takes as many; 0 for the others.</summary>
    public static int FixedSize(FieldKind kind) => kind switch
    {
        FieldKind.Bool or FieldKind.Int8 => 1,
        FieldKind.Int16 or FieldKind.UInt16 => 2,
        FieldKind.Int32 => 4,
        FieldKind.Int64 or FieldKind.Float64 => 8,
        FieldKind.Uuid => 16,
        _ => 0,
    };

    private static bool IsNullByDefault(FieldSchema field) => DefaultValue.Of(field) == "null";

    private static string Initial(FieldSchema field)
    {
        string value = Default(field);
        return value is "0" or "false" or "default" or "null" ? "" : $" = {value};";
    }
}
