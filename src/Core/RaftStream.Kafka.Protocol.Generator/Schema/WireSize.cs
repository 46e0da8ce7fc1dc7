namespace RaftStream.Kafka.Protocol.Generator.Schema;

/// <summary>The fewest bytes that a value can take: what a count from the wire is held against.</summary>
public static class WireSize
{
    /// <summary>The fewest bytes of a struct in <paramref name="version"/>.</summary>
    public static int Least(StructSchema body, ApiSchema api, int version)
    {
        bool flexible = api.Flexible.Contains(version);
        int size = flexible ? 1 : 0;
        foreach (FieldSchema field in body.Fields)
        {
            if (field.Versions.Contains(version) && !field.TaggedVersions.Contains(version))
            {
                size += Field(field, api, version, flexible);
            }
        }

        return size;
    }

    /// <summary>The fewest bytes of one element of the array <paramref name="field"/>.</summary>
    public static int LeastElement(FieldSchema field, ApiSchema api, int version) =>
        field.Kind == FieldKind.Struct ? Least(field.Struct!, api, version) : Scalar(field.Kind, api.Flexible.Contains(version));

    private static int Field(FieldSchema field, ApiSchema api, int version, bool flexible)
    {
        if (field.IsArray)
        {
            return flexible ? 1 : 4;
        }

        if (field.Kind != FieldKind.Struct)
        {
            return Scalar(field.Kind, flexible);
        }

        return field.Nullable.Contains(version) ? 1 : Least(field.Struct!, api, version);
    }

    private static int Scalar(FieldKind kind, bool flexible) => kind switch
    {
        FieldKind.Bool or FieldKind.Int8 => 1,
        FieldKind.Int16 or FieldKind.UInt16 => 2,
        FieldKind.Int32 => 4,
        FieldKind.Int64 or FieldKind.Float64 => 8,
        FieldKind.Uuid => 16,
        FieldKind.String => flexible ? 1 : 2,
        _ => flexible ? 1 : 4,
    };
}
