using RaftStream.Kafka.Protocol.Generator.Schema;

namespace RaftStream.Kafka.Protocol.Generator.Emit;

/// <summary>The method that says how many bytes a struct takes in a version.</summary>
internal sealed class SizeEmitter(CodeText code, StructScope scope)
{
    public void Emit()
    {
        code.Line("/// <summary>The bytes that <see cref=\"Write\"/> appends, record batches that others write included.</summary>");
        code.Open("public int GetSize(short version)");
        if (scope.FlexibleDeclaration is { } declaration)
        {
            code.Line(declaration);
        }

        int always = 0;
        foreach (FieldSchema field in scope.Body.Fields)
        {
            always += AlwaysTakes(field);
        }

        code.Line($"int size = {StructScope.Text(always)};");
        foreach (FieldSchema field in scope.Body.Fields)
        {
            if (AlwaysTakes(field) == 0)
            {
                code.When(scope.Condition(scope.InPlace(field)), () => Value(field, "size"));
            }
        }

        code.When(scope.Flexible, Tags);
        code.Line("return size;");
        code.Close();
    }

    /// <summary>Adds the size of a value to a local of the name <paramref name="sum"/>.</summary>
    public void Value(FieldSchema field, string sum)
    {
        int fixedSize = FieldCode.FixedSize(field.Kind);
        if (field.IsArray)
        {
            code.Line($"{sum} += WireLength.Count({field.Name}.IsNull ? -1 : {field.Name}.Count, {scope.Flexible});");
            if (fixedSize > 0)
            {
                code.Line($"{sum} += {field.Name}.Count * {StructScope.Text(fixedSize)};");
                return;
            }

            code.Open($"for (int i = 0; i < {field.Name}.Count; i++)");
            code.Line(field.Kind == FieldKind.Struct
                ? $"{sum} += {field.Name}[i].GetSize(version);"
                : $"{sum} += {Scalar(field, $"{field.Name}[i]")};");
            code.Close();
        }
        else if (field.Kind != FieldKind.Struct)
        {
            code.Line($"{sum} += {(fixedSize > 0 ? StructScope.Text(fixedSize) : Scalar(field, field.Name))};");
        }
        else if (!field.CanBeNull)
        {
            code.Line($"{sum} += {field.Name}.GetSize(version);");
        }
        else
        {
            string nullable = scope.Nullable(field);
            string mark = nullable == "true" ? "1" : nullable == "false" ? "0" : $"({nullable} ? 1 : 0)";
            code.Line($"{sum} += {mark} + ({field.Name}?.GetSize(version) ?? 0);");
        }
    }

    /// <summary>Bytes that the field takes in every version, whatever its value; 0 when that depends.</summary>
    private int AlwaysTakes(FieldSchema field) =>
        !field.IsArray && scope.Condition(scope.InPlace(field)) == "true" ? FieldCode.FixedSize(field.Kind) : 0;

    private string Scalar(FieldSchema field, string value) =>
        $"WireLength.{(field.Kind == FieldKind.String ? "String" : "Bytes")}({value}, {scope.Flexible})";

    private void Tags()
    {
        List<FieldSchema> tagged = scope.TaggedFields();
        if (tagged.Count == 0)
        {
            code.Line("size++;");
            return;
        }

        code.Line("int tags = 0;");
        foreach (FieldSchema field in tagged)
        {
            code.Open($"if ({scope.TagPresence(field)})");
            code.Line("tags++;");
            code.Line($"int size{field.Name} = 0;");
            Value(field, $"size{field.Name}");
            code.Line($"size += WireLength.VarUInt({StructScope.Text(field.Tag)}) + WireLength.VarUInt(size{field.Name}) + size{field.Name};");
            code.Close();
        }

        code.Line("size += WireLength.VarUInt(tags);");
    }
}
