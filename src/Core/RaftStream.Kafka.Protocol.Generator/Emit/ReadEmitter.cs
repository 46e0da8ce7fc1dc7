using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Generator.Emit;

/// <summary>The method that reads a struct in any of its versions.</summary>
internal sealed class ReadEmitter(CodeText code, StructScope scope)
{
    public void Emit()
    {
        code.Line("/// <summary>Takes the value off the front of <paramref name=\"reader\"/>; fields that the version lacks get their defaults.</summary>");
        code.Line("/// <exception cref=\"KafkaProtocolException\">The bytes are no such value.</exception>");
        code.Open("public void Read(ref KafkaReader reader, short version)");
        if (scope.Body.Name == scope.Message)
        {
            code.Line($"reader.CheckVersion(version, {StructScope.Text(scope.Versions.Low)}, {StructScope.Text(scope.Versions.High)}, \"{scope.Message}\");");
        }

        if (scope.FlexibleDeclaration is { } declaration)
        {
            code.Line(declaration);
        }

        foreach (FieldSchema field in scope.Body.Fields)
        {
            code.When(scope.Condition(scope.InPlace(field)), () => Value(field), otherwise: () => code.Line(FieldCode.Clear(field)));
        }

        code.When(scope.Flexible, Tags);
        code.Close();
    }

    private void Value(FieldSchema field)
    {
        string label = scope.Label(field);
        if (field.IsArray)
        {
            code.Line($"int count{field.Name} = reader.ReadCount({scope.Flexible}, {scope.Nullable(field)}, {scope.LeastElement(field)}, {label});");
            code.Line($"{field.Name}.Begin(count{field.Name});");
            code.Open($"for (int i = 0; i < count{field.Name}; i++)");
            code.Line(field.Kind == FieldKind.Struct
                ? $"{field.Name}.Add().Read(ref reader, version);"
                : $"{field.Name}.Add({Scalar(field, "false", label)});");
            code.Close();
        }
        else if (field.Kind != FieldKind.Struct)
        {
            code.Line($"{field.Name} = {Scalar(field, scope.Nullable(field), label)};");
        }
        else if (!field.CanBeNull)
        {
            code.Line($"{field.Name}.Read(ref reader, version);");
        }
        else
        {
            string nullable = scope.Nullable(field);
            code.Open(nullable == "true" ? $"if (reader.ReadPresence({label}))" : $"if (!({nullable}) || reader.ReadPresence({label}))");
            code.Line($"({field.Name} ??= new()).Read(ref reader, version);");
            code.Close();
            code.Open("else");
            code.Line($"{field.Name} = null;");
            code.Close();
        }
    }

    private string Scalar(FieldSchema field, string nullable, string label) => field.Kind switch
    {
        FieldKind.String => $"reader.ReadString({scope.Flexible}, {nullable}, {label}){(field.CanBeNull && !field.IsArray ? "" : "!")}",
        FieldKind.Bytes or FieldKind.Records => $"reader.ReadBytes({scope.Flexible}, {nullable}, {label})",
        _ => $"reader.Read{FieldCode.Verb(field.Kind)}({label})",
    };

    private void Tags()
    {
        string label = $"\"{(scope.Body.Name == scope.Message ? scope.Message : scope.Message + "." + scope.Body.Name)}\"";
        List<FieldSchema> tagged = scope.TaggedFields();
        if (tagged.Count == 0)
        {
            code.Line($"reader.SkipTags({label});");
        }
        else
        {
            Switch(tagged, label);
        }
    }

    private void Switch(List<FieldSchema> tagged, string label)
    {
        code.Line("int previous = -1;");
        code.Open($"for (int left = reader.ReadTagCount({label}); left > 0; left--)");
        code.Line($"int tag = reader.ReadTag(ref previous, out int end, {label});");
        code.Open("switch (tag)");
        foreach (FieldSchema field in tagged)
        {
            string when = scope.TagCondition(field) is { } condition ? $" when {condition}" : "";
            code.Open($"case {StructScope.Text(field.Tag)}{when}:");
            Value(field);
            code.Line($"reader.EndTag(end, {scope.Label(field)});");
            code.Line("break;");
            code.Close();
        }

        code.Line("default:");
        code.Line("    reader.SkipTag(end);");
        code.Line("    break;");
        code.Close();
        code.Close();
    }
}
