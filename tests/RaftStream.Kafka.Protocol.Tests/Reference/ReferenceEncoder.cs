using System.Buffers.Binary;
using System.Text;
using RaftStream.Kafka.Protocol.Generator.Schema;
using RaftStream.Model;

namespace RaftStream.Kafka.Protocol.Tests.Reference;

/// <summary>Writes a tree by walking its schema: the wire rules once more, in the plainest way, beside the generated code.</summary>
internal sealed class ReferenceEncoder(ApiSchema api, int version, Prng? strangers = null)
{
    private readonly bool _flexible = api.Flexible.Contains(version);

    /// <summary>The bytes of <paramref name="tree"/>; with <c>strangers</c>, tagged fields that nobody knows are strewn in.</summary>
    public byte[] Encode(StructSchema body, Tree tree)
    {
        var bytes = new List<byte>();
        Struct(bytes, body, tree);
        return [.. bytes];
    }

    private void Struct(List<byte> bytes, StructSchema body, Tree tree)
    {
        var tagged = new SortedDictionary<int, List<byte>>();
        foreach (FieldSchema field in body.Fields)
        {
            if (!field.Versions.Contains(version))
            {
                continue;
            }

            object? value = tree.Values[field.Name];
            if (!field.TaggedVersions.Contains(version))
            {
                Value(bytes, field, value);
            }
            else if (!Tree.Same(value, Tree.Default(field)))
            {
                tagged[field.Tag] = [];
                Value(tagged[field.Tag], field, value);
            }
        }

        if (!_flexible)
        {
            return;
        }

        for (int i = strangers?.Next(3) ?? 0; i > 0; i--)
        {
            tagged[100 + strangers!.Next(1_000_000)] = [.. new byte[strangers.Next(200)]];
        }

        VarUInt(bytes, (uint)tagged.Count);
        foreach ((int tag, List<byte> content) in tagged)
        {
            VarUInt(bytes, (uint)tag);
            VarUInt(bytes, (uint)content.Count);
            bytes.AddRange(content);
        }
    }

    private void Value(List<byte> bytes, FieldSchema field, object? value)
    {
        if (!field.IsArray)
        {
            Element(bytes, field, value);
            return;
        }

        var list = (List<object?>?)value;
        Length(bytes, list?.Count ?? -1, 4);
        list?.ForEach(element => Element(bytes, field, element));
    }

    private void Element(List<byte> bytes, FieldSchema field, object? value)
    {
        switch (value)
        {
            case bool flag:
                bytes.Add(flag ? (byte)1 : (byte)0);
                break;
            case sbyte number:
                bytes.Add((byte)number);
                break;
            case short number:
                Number(bytes, number, 2);
                break;
            case ushort number:
                Number(bytes, number, 2);
                break;
            case int number:
                Number(bytes, number, 4);
                break;
            case long number:
                Number(bytes, number, 8);
                break;
            case double number:
                Number(bytes, BitConverter.DoubleToInt64Bits(number), 8);
                break;
            case Guid id:
                bytes.AddRange(Convert.FromHexString(id.ToString("N")));
                break;
            case Tree tree:
                if (!field.IsArray && field.Nullable.Contains(version))
                {
                    bytes.Add(1);
                }

                Struct(bytes, field.Struct!, tree);
                break;
            case null when field.Kind == FieldKind.Struct:
                bytes.Add(0xFF);
                break;
            default:
                byte[]? content = value is string text ? Encoding.UTF8.GetBytes(text) : (byte[]?)value;
                Length(bytes, content?.Length ?? -1, field.Kind == FieldKind.String ? 2 : 4);
                bytes.AddRange(content ?? []);
                break;
        }
    }

    private void Length(List<byte> bytes, int length, int size)
    {
        if (_flexible)
        {
            VarUInt(bytes, (uint)(length + 1));
        }
        else
        {
            Number(bytes, length, size);
        }
    }

    private static void Number(List<byte> bytes, long number, int size)
    {
        Span<byte> all = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(all, number);
        bytes.AddRange(all[(8 - size)..]);
    }

    private static void VarUInt(List<byte> bytes, uint value)
    {
        for (; value > 127; value >>= 7)
        {
            bytes.Add((byte)(value % 128 + 128));
        }

        bytes.Add((byte)value);
    }
}
