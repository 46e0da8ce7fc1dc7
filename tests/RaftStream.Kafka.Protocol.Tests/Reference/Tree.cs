using System.Globalization;
using RaftStream.Kafka.Protocol.Generator.Schema;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests.Reference;

/// <summary>The values of a struct by field name; the model that the generated classes are held against.</summary>
/// <remarks>Scalars boxed, bytes as byte[], arrays as List of object, structs as Tree, null as null.</remarks>
internal sealed class Tree
{
    public Dictionary<string, object?> Values { get; } = [];

    /// <summary>A struct with random values in the fields that the version has and defaults in the others.</summary>
    public static Tree Random(StructSchema body, int version, Prng prng, int depth = 0)
    {
        var tree = new Tree();
        foreach (FieldSchema field in body.Fields)
        {
            bool tagged = field.TaggedVersions.Contains(version);
            bool present = field.Versions.Contains(version) && !(tagged && prng.OneIn(2));
            tree.Values[field.Name] = present ? Value(field, version, prng, depth) : Default(field);
        }

        return tree;
    }

    /// <summary>The value of a field that nobody has set.</summary>
    public static object? Default(FieldSchema field)
    {
        if (field.Default == "null")
        {
            return null;
        }

        if (field.IsArray)
        {
            return new List<object?>();
        }

        if (field.Kind == FieldKind.Struct)
        {
            return field.CanBeNull ? null : Defaults(field.Struct!);
        }

        string text = field.Default ?? "0";
        CultureInfo culture = CultureInfo.InvariantCulture;
        return field.Kind switch
        {
            FieldKind.Bool => text == "true",
            FieldKind.Int8 => sbyte.Parse(text, culture),
            FieldKind.Int16 => short.Parse(text, culture),
            FieldKind.UInt16 => ushort.Parse(text, culture),
            FieldKind.Int32 => int.Parse(text, culture),
            FieldKind.Int64 => long.Parse(text, culture),
            FieldKind.Float64 => 0d,
            FieldKind.Uuid => Guid.Empty,
            FieldKind.String => "",
            _ => Array.Empty<byte>(),
        };
    }

    /// <summary>True when both hold the same values.</summary>
    public static bool Same(object? left, object? right) => (left, right) switch
    {
        (Tree a, Tree b) => a.Values.Count == b.Values.Count && a.Values.All(pair => Same(pair.Value, b.Values[pair.Key])),
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => Same(pair.First, pair.Second)),
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        _ => Equals(left, right),
    };

    public override string ToString() => Text(this);

    private static Tree Defaults(StructSchema body)
    {
        var tree = new Tree();
        foreach (FieldSchema field in body.Fields)
        {
            tree.Values[field.Name] = Default(field);
        }

        return tree;
    }

    private static object? Value(FieldSchema field, int version, Prng prng, int depth)
    {
        if (field.Nullable.Contains(version) && prng.OneIn(4))
        {
            return null;
        }

        if (!field.IsArray)
        {
            return Element(field, version, prng, depth);
        }

        var list = new List<object?>();
        // Around 127 elements the compact count takes another byte.
        int count = depth == 0 && prng.OneIn(30) ? 126 + prng.Next(3) : prng.Next(depth > 1 ? 3 : 4);
        for (int i = 0; i < count; i++)
        {
            list.Add(Element(field, version, prng, count > 100 ? depth + 2 : depth));
        }

        return list;
    }

    private static object Element(FieldSchema field, int version, Prng prng, int depth) => field.Kind switch
    {
        FieldKind.Bool => prng.OneIn(2),
        FieldKind.Int8 => (sbyte)Number(prng),
        FieldKind.Int16 => (short)Number(prng),
        FieldKind.UInt16 => (ushort)Number(prng),
        FieldKind.Int32 => (int)Number(prng),
        FieldKind.Int64 => Number(prng),
        FieldKind.Float64 => (double)Number(prng),
        FieldKind.Uuid => prng.NextGuid(),
        FieldKind.String => Word(prng),
        FieldKind.Struct => Random(field.Struct!, version, prng, depth + 1),
        _ => Blob(prng),
    };

    private static long Number(Prng prng) => prng.Next(4) switch
    {
        0 => prng.Next(3) - 1,
        1 => prng.Next(1000),
        2 => long.MinValue,
        _ => (long)prng.NextUInt64(),
    };

    private static string Word(Prng prng)
    {
        string[] letters = ["a", "Z", "-", "\u00e9", "\u20ac", "\U0001F600"];
        int length = prng.OneIn(20) ? 126 + prng.Next(3) : prng.Next(8);
        string alphabet = string.Concat(Enumerable.Range(0, length).Select(_ => letters[prng.OneIn(4) ? prng.Next(letters.Length) : prng.Next(3)]));
        return alphabet;
    }

    private static byte[] Blob(Prng prng)
    {
        byte[] blob = new byte[prng.OneIn(10) ? 120 + prng.Next(16) : prng.Next(30)];
        prng.Fill(blob);
        return blob;
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        Tree tree => "{ " + string.Join(", ", tree.Values.Select(pair => $"{pair.Key}: {Text(pair.Value)}")) + " }",
        List<object?> list => "[" + string.Join(", ", list.Select(Text)) + "]",
        byte[] bytes => "0x" + Convert.ToHexString(bytes),
        string text => $"\"{text}\"",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
