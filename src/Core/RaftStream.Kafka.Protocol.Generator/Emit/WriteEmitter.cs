using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Generator.Emit;

/// <summary>The method that writes a struct in any of its versions.</summary>
internal sealed class WriteEmitter(CodeText code, StructScope scope)
{
    public void Emit()
    {
        code.Line("/// <summary>Appends the value; tagged fields that have their defaults are left out.</summary>");
        code.Line("/// <exception cref=\"System.InvalidOperationException\">The version cannot say this: see the README.</exception>");
        code.Open("public void Write(ref KafkaWriter writer, short version)");
        if (scope.Body.Name == scope.Message)
        {
            code.Line($"KafkaWriter.CheckVersion(version, {StructScope.Text(scope.Versions.Low)}, {StructScope.Text(scope.Versions.High)}, \"{scope.Message}\");");
        }

        if (scope.FlexibleDeclaration is { } declaration)
        {
            code.Line(declaration);
        }

        foreach (FieldSchema field in scope.Body.Fields)
        {
            code.When(scope.Condition(scope.InPlace(field)), () => Value(field));
            Refuse(field);
        }

        code.When(scope.Flexible, Tags);
        code.Close();
    }

    /// <summary>A value that is more than a hint must not get lost in a version without its field.</summary>
    private void Refuse(FieldSchema field)
    {
        string served = scope.Condition(field.Versions);
        if (served != "true" && !field.Ignorable)
        {
            code.Open($"if (!({served}) && !({FieldCode.HasDefault(field)}))");
            code.Line($"KafkaWriter.FieldNotInVersion({scope.Label(field)}, version);");
            code.Close();
        }
    }

    private void Value(FieldSchema field)
    {
        string label = scope.Label(field);
        if (field.IsArray)
        {
            code.Line($"writer.WriteCount({field.Name}.IsNull ? -1 : {field.Name}.Count, {scope.Flexible}, {scope.Nullable(field)}, {label});");
            code.Open($"for (int i = 0; i < {field.Name}.Count; i++)");
            code.Line(field.Kind == FieldKind.Struct
                ? $"{field.Name}[i].Write(ref writer, version);"
                : $"{Scalar(field, $"{field.Name}[i]", "false", label)};");
            code.Close();
        }
        else if (field.Kind != FieldKind.Struct)
        {
            code.Line($"{Scalar(field, field.Name, scope.Nullable(field), label)};");
        }
        else if (!field.CanBeNull)
        {
            code.Line($"{field.Name}.Write(ref writer, version);");
        }
        else
        {
            string nullable = scope.Nullable(field);
            code.Line($"writer.WritePresence({field.Name} is not null, {nullable}, {label});");
            code.Line($"{field.Name}?.Write(ref writer, version);");
        }
    }

    private string Scalar(FieldSchema field, string value, string nullable, string label) => field.Kind switch
    {
        FieldKind.String => $"writer.WriteString({value}, {scope.Flexible}, {nullable}, {label})",
        FieldKind.Bytes or FieldKind.Records => $"writer.WriteBytes({value}, {scope.Flexible}, {nullable}, {label})",
        _ => $"writer.Write{FieldCode.Verb(field.Kind)}({value})",
    };

    private void Tags()
    {
        List<FieldSchema> tagged = scope.TaggedFields();
        if (tagged.Count == 0)
        {
            code.Line("writer.WriteUInt8(0);");
            return;
        }

        code.Line("int tags = 0;");
        foreach (FieldSchema field in tagged)
        {
            code.When(scope.TagPresence(field), () => code.Line("tags++;"));
        }

        code.Line("writer.WriteVarUInt(tags);");
        foreach (FieldSchema field in tagged)
        {
            code.Open($"if ({scope.TagPresence(field)})");
            code.Line($"writer.WriteVarUInt({StructScope.Text(field.Tag)});");
            code.Line($"int size{field.Name} = 0;");
            new SizeEmitter(code, scope).Value(field, $"size{field.Name}");
            code.Line($"writer.WriteVarUInt(size{field.Name});");
            Value(field);
            code.Close();
        }
    }
}
