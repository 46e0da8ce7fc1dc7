namespace RaftStream.Kafka.Protocol.Generator.Schema;

/// <summary>What one schema file says: an API's key, versions, and the bodies of its request and its response.</summary>
public sealed class ApiSchema
{
    /// <summary>Name of the API, for example "Produce".</summary>
    public string Name { get; set; } = "";

    /// <summary>The number on the wire.</summary>
    public int Key { get; set; }

    /// <summary>Versions that are read and written.</summary>
    public VersionRange Versions { get; set; } = VersionRange.None;

    /// <summary>Versions with compact lengths and tagged fields (KIP-482).</summary>
    public VersionRange Flexible { get; set; } = VersionRange.None;

    /// <summary>The request's body.</summary>
    public StructSchema? Request { get; set; }

    /// <summary>The response's body.</summary>
    public StructSchema? Response { get; set; }

    /// <summary>Structs with a section of their own, by name.</summary>
    public Dictionary<string, StructSchema> Structs { get; } = [];
}

/// <summary>An ordered list of fields with a name.</summary>
public sealed class StructSchema(string name, int line)
{
    /// <summary>Name of the generated class.</summary>
    public string Name { get; } = name;

    /// <summary>Line of the file that begins it, from 0.</summary>
    public int Line { get; } = line;

    /// <summary>Fields in wire order; tagged ones anywhere among them.</summary>
    public List<FieldSchema> Fields { get; } = [];
}

/// <summary>The types of the notation.</summary>
public enum FieldKind
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>One byte, signed.</summary>
    Int8,

    /// <summary>Two bytes, signed.</summary>
    Int16,

    /// <summary>Two bytes, unsigned.</summary>
    UInt16,

    /// <summary>Four bytes, signed.</summary>
    Int32,

    /// <summary>Eight bytes, signed.</summary>
    Int64,

    /// <summary>Eight bytes, IEEE 754.</summary>
    Float64,

    /// <summary>Sixteen bytes, big-endian.</summary>
    Uuid,

    /// <summary>UTF-8 with a length.</summary>
    String,

    /// <summary>Bytes with a length.</summary>
    Bytes,

    /// <summary>Record batches: bytes with a length, never looked into.</summary>
    Records,

    /// <summary>Fields in a row.</summary>
    Struct,
}

/// <summary>One field of a struct.</summary>
public sealed class FieldSchema(string name, int line)
{
    /// <summary>Name of the generated property.</summary>
    public string Name { get; } = name;

    /// <summary>Line of the file, from 0.</summary>
    public int Line { get; } = line;

    /// <summary>The type, or the type of the elements of an array.</summary>
    public FieldKind Kind { get; set; }

    /// <summary>True for <c>[]type</c>.</summary>
    public bool IsArray { get; set; }

    /// <summary>Name of the struct when <see cref="Kind"/> is one.</summary>
    public string StructName { get; set; } = "";

    /// <summary>The struct that <see cref="StructName"/> names.</summary>
    public StructSchema? Struct { get; set; }

    /// <summary>Versions that have the field.</summary>
    public VersionRange Versions { get; set; } = VersionRange.All;

    /// <summary>Versions in which it may be null.</summary>
    public VersionRange Nullable { get; set; } = VersionRange.None;

    /// <summary>Tag number, or −1 for a field in its place.</summary>
    public int Tag { get; set; } = -1;

    /// <summary>Versions in which it is tagged.</summary>
    public VersionRange TaggedVersions { get; set; } = VersionRange.None;

    /// <summary>True when a writer may drop its value in a version without it.</summary>
    public bool Ignorable { get; set; }

    /// <summary>The default as written; null when there is none.</summary>
    public string? Default { get; set; }

    /// <summary>True when some version allows null.</summary>
    public bool CanBeNull => !Nullable.IsEmpty;
}
