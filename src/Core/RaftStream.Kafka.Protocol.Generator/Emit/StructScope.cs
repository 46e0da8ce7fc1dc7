using System.Globalization;
using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Generator.Emit;

/// <summary>One struct of one message, with the versions that can reach it: what the emitters ask about its fields.</summary>
internal sealed class StructScope(ApiSchema api, string message, StructSchema body, VersionRange versions)
{
    /// <summary>The expression of generated methods that is true in flexible versions.</summary>
    public string Flexible { get; } = api.Flexible.Covers(versions) ? "true"
        : api.Flexible.And(versions).IsEmpty ? "false"
        : "flexible";

    public ApiSchema Api { get; } = api;

    public string Message { get; } = message;

    public StructSchema Body { get; } = body;

    public VersionRange Versions { get; } = versions;

    /// <summary>The line that declares <see cref="Flexible"/> where it is no constant.</summary>
    public string? FlexibleDeclaration => Flexible == "flexible" ? $"bool flexible = {Condition(Api.Flexible)};" : null;

    /// <summary>Served versions that have <paramref name="field"/> in its place.</summary>
    public VersionRange InPlace(FieldSchema field)
    {
        VersionRange all = field.Versions.And(Versions);
        VersionRange tagged = Tagged(field);
        return tagged.IsEmpty ? all : new VersionRange(all.Low, tagged.Low - 1);
    }

    /// <summary>Served versions that have <paramref name="field"/> among the tagged ones.</summary>
    public VersionRange Tagged(FieldSchema field) => field.TaggedVersions.And(field.Versions).And(Versions);

    /// <summary>The test that a flexible version has <paramref name="field"/> among the tagged ones; null where all of them do.</summary>
    public string? TagCondition(FieldSchema field)
    {
        string condition = Condition(Tagged(field).And(Api.Flexible));
        return condition == "true" || condition == Condition(Api.Flexible) ? null : condition;
    }

    /// <summary>The test that a tagged field is written.</summary>
    public string TagPresence(FieldSchema field)
    {
        string hasValue = $"!({FieldCode.HasDefault(field)})";
        return TagCondition(field) is { } condition ? $"{condition} && {hasValue}" : hasValue;
    }

    /// <summary>Fields that are tagged in a served version, by tag.</summary>
    public List<FieldSchema> TaggedFields()
    {
        var tagged = Body.Fields.FindAll(field => !Tagged(field).IsEmpty);
        tagged.Sort((left, right) => left.Tag.CompareTo(right.Tag));
        return tagged;
    }

    /// <summary>The test of <c>version</c> for <paramref name="range"/>; "true" or "false" where every served version agrees.</summary>
    public string Condition(VersionRange range)
    {
        VersionRange within = range.And(Versions);
        if (within.IsEmpty)
        {
            return "false";
        }

        bool low = within.Low > Versions.Low, high = within.High < Versions.High;
        return low && high ? $"version is >= {Text(within.Low)} and <= {Text(within.High)}"
            : low ? $"version >= {Text(within.Low)}"
            : high ? $"version <= {Text(within.High)}"
            : "true";
    }

    /// <summary>True in the versions that allow null; only asked where the field is.</summary>
    public string Nullable(FieldSchema field)
    {
        VersionRange where = field.Versions.And(Versions);
        return field.Nullable.Covers(where) ? "true" : Condition(field.Nullable.And(where));
    }

    /// <summary>The name of the field in messages about it, as a C# literal.</summary>
    public string Label(FieldSchema field) =>
        Body.Name == Message ? $"\"{Message}.{field.Name}\"" : $"\"{Message}.{Body.Name}.{field.Name}\"";

    /// <summary>The fewest bytes of one element of an array, for every version that has it.</summary>
    public string LeastElement(FieldSchema field)
    {
        VersionRange where = field.Versions.And(Versions);
        string text = "";
        int current = WireSize.LeastElement(field, Api, where.High);
        int last = current;
        for (int version = where.High; version >= where.Low; version--)
        {
            int least = WireSize.LeastElement(field, Api, version);
            if (least != current)
            {
                text += $"version >= {Text(version + 1)} ? {Text(current)} : ";
                current = least;
            }

            last = least;
        }

        return text + Text(last);
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
