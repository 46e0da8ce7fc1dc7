using System.Globalization;

namespace RaftStream.Kafka.Protocol.Generator.Schema;

/// <summary>What must hold of a schema beyond its syntax; resolves the names of structs on the way.</summary>
internal sealed class SchemaChecks
{
    private readonly ApiSchema _api;
    private readonly List<SchemaError> _errors;

    private SchemaChecks(ApiSchema api, List<SchemaError> errors)
    {
        _api = api;
        _errors = errors;
    }

    public static void Check(ApiSchema api, List<SchemaError> errors)
    {
        var checks = new SchemaChecks(api, errors);
        if (api.Request is null || api.Response is null)
        {
            errors.Add(new SchemaError(0, "A \"request\" and a \"response\" section are needed."));
            return;
        }

        foreach (StructSchema body in new[] { api.Request, api.Response })
        {
            var names = new Dictionary<string, StructSchema>();
            checks.Struct(body, api.Versions, [], names);
        }
    }

    /// <param name="body">What is checked.</param>
    /// <param name="versions">Versions that can reach it.</param>
    /// <param name="path">Structs around it: the way must not meet itself, so nesting is bounded by the schema.</param>
    /// <param name="names">Structs of the message so far, by name.</param>
    private void Struct(StructSchema body, VersionRange versions, List<StructSchema> path, Dictionary<string, StructSchema> names)
    {
        path.Add(body);
        var fields = new HashSet<string>();
        var tags = new HashSet<int>();
        foreach (FieldSchema field in body.Fields)
        {
            Check(field, body, versions, fields, tags);
            if (field.Kind == FieldKind.Struct)
            {
                if (field.Struct is null && !Resolve(field))
                {
                    continue;
                }

                StructSchema inner = field.Struct!;
                if (path.Contains(inner))
                {
                    Error(field, $"{field.StructName} would contain itself.");
                    continue;
                }

                if (names.TryGetValue(inner.Name, out StructSchema? known) && known != inner)
                {
                    Error(field, $"There is another struct {inner.Name} in this message.");
                }

                names[inner.Name] = inner;
                Struct(inner, versions.And(field.Versions), path, names);
            }
        }

        foreach (FieldSchema field in path[0].Fields)
        {
            if (names.ContainsKey(field.Name))
            {
                Error(field, $"The struct {field.Name} needs another name than this field.");
                names.Remove(field.Name);
            }
        }

        if (path.Count > 1)
        {
            for (int version = versions.Low; version <= versions.High; version++)
            {
                if (WireSize.Least(body, _api, version) == 0)
                {
                    _errors.Add(new SchemaError(body.Line, $"{body.Name} has no byte in version {Text(version)}, so its count could not be bounded."));
                    break;
                }
            }
        }

        path.RemoveAt(path.Count - 1);
    }

    private void Check(FieldSchema field, StructSchema body, VersionRange versions, HashSet<string> fields, HashSet<int> tags)
    {
        if (!fields.Add(field.Name))
        {
            Error(field, $"{body.Name} has a field {field.Name} already.");
        }

        if (field.Name == body.Name)
        {
            Error(field, $"The field {field.Name} needs another name than its struct.");
        }

        if (field.Name is "Read" or "Write" or "GetSize" or "Reset" or "Equals" or "ToString" or "GetHashCode" or "GetType")
        {
            Error(field, $"The name {field.Name} is taken by a method.");
        }

        if (versions.And(field.Versions).IsEmpty)
        {
            Error(field, $"{field.Name} is in no version that is served ({versions}).");
        }

        bool nullableType = field.IsArray || field.Kind is FieldKind.String or FieldKind.Bytes or FieldKind.Records or FieldKind.Struct;
        if (field.CanBeNull && !nullableType)
        {
            Error(field, $"{field.Name} cannot be null: only strings, bytes, records, structs and arrays can.");
        }

        if (field.Tag >= 0)
        {
            if (!tags.Add(field.Tag))
            {
                Error(field, $"{body.Name} has a tag {Text(field.Tag)} already.");
            }

            if (!_api.Flexible.Covers(field.TaggedVersions.And(versions)))
            {
                Error(field, $"{field.Name} is tagged in versions that are not flexible.");
            }

            if (field.Kind == FieldKind.Struct && !field.IsArray && field.CanBeNull)
            {
                Error(field, $"{field.Name}: a tagged struct is left out, not null.");
            }
        }

        if (field.Default is not null && DefaultValue.Of(field) is null)
        {
            Error(field, $"\"{field.Default}\" is no default for {field.Name}.");
        }
    }

    private bool Resolve(FieldSchema field)
    {
        if (_api.Structs.TryGetValue(field.StructName, out StructSchema? found))
        {
            field.Struct = found;
            return true;
        }

        Error(field, $"There is no struct {field.StructName}: indent its fields below, or give it a section.");
        return false;
    }

    private void Error(FieldSchema field, string message) => _errors.Add(new SchemaError(field.Line, message));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
