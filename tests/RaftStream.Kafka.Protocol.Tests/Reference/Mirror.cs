using System.Buffers;
using System.Reflection;
using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Tests.Reference;

/// <summary>Carries values between trees and generated classes.</summary>
internal static class Mirror
{
    /// <summary>Sets every property of <paramref name="target"/>, which has its defaults.</summary>
    public static void Fill(object target, StructSchema body, Tree tree)
    {
        foreach (FieldSchema field in body.Fields)
        {
            PropertyInfo property = target.GetType().GetProperty(field.Name)!;
            object? value = tree.Values[field.Name];
            if (field.IsArray)
            {
                FillList(property.GetValue(target)!, field, (List<object?>?)value);
            }
            else if (value is Tree inner)
            {
                if (property.CanWrite)
                {
                    property.SetValue(target, Activator.CreateInstance(property.PropertyType));
                }

                Fill(property.GetValue(target)!, field.Struct!, inner);
            }
            else
            {
                property.SetValue(target, field.Kind is FieldKind.Bytes or FieldKind.Records ? Wire((byte[]?)value) : value);
            }
        }
    }

    /// <summary>All that <paramref name="source"/> holds.</summary>
    public static Tree Take(object source, StructSchema body)
    {
        var tree = new Tree();
        foreach (FieldSchema field in body.Fields)
        {
            object? value = source.GetType().GetProperty(field.Name)!.GetValue(source);
            tree.Values[field.Name] = field.IsArray ? TakeList(value!, field)
                : value is IKafkaStruct ? Take(value, field.Struct!)
                : value is WireBytes bytes ? bytes.IsNull ? null : bytes.Bytes.ToArray()
                : value;
        }

        return tree;
    }

    private static void FillList(object list, FieldSchema field, List<object?>? values)
    {
        Type type = list.GetType();
        if (values is null)
        {
            type.GetMethod("SetNull")!.Invoke(list, []);
            return;
        }

        type.GetMethod("Clear")!.Invoke(list, []);
        MethodInfo add = type.GetMethod("Add")!;
        foreach (object? value in values)
        {
            if (value is Tree inner)
            {
                Fill(add.Invoke(list, [])!, field.Struct!, inner);
            }
            else
            {
                add.Invoke(list, [value]);
            }
        }
    }

    private static List<object?>? TakeList(object list, FieldSchema field)
    {
        Type type = list.GetType();
        if ((bool)type.GetProperty("IsNull")!.GetValue(list)!)
        {
            return null;
        }

        var values = new List<object?>();
        PropertyInfo item = type.GetProperty("Item")!;
        int count = (int)type.GetProperty("Count")!.GetValue(list)!;
        for (int i = 0; i < count; i++)
        {
            object? value = item.GetValue(list, [i]);
            values.Add(value is IKafkaStruct ? Take(value, field.Struct!) : value);
        }

        return values;
    }

    private static WireBytes Wire(byte[]? bytes) => bytes is null ? WireBytes.Null : new WireBytes(bytes);
}
