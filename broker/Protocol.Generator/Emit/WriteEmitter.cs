using Broker.Protocol.Generator.Schema;

namespace Broker.Protocol.Generator.Emit;

/// <summary>Writes the encoding half of a structure.</summary>
internal sealed class WriteEmitter(CodeWriter code, MessageSchema message, StructSchema schema)
{
    /// <summary>The statements that write the structure to <c>writer</c>.</summary>
    public void Body()
    {
        foreach (FieldSchema field in schema.Fields.Where(f => !f.IsTagged))
        {
            VersionRange versions = field.Versions.Intersect(schema.Versions);
            string condition = Conditions.Of(versions, schema.Versions);
            if (condition == "true")
            {
                Statements(field, versions);
                continue;
            }

            code.Open($"if ({condition})");
            Statements(field, versions);
            code.Close();
            RefuseElsewhere(field);
            code.Blank();
        }

        Tagged();
    }

    /// <summary>The methods that write arrays of a structure, those that are used.</summary>
    public void ArrayMethods(bool plain, bool nullable)
    {
        const string Parameters = "short version, bool flexible)";
        if (!plain && !nullable)
        {
            return;
        }
        code.Blank();
        code.Open($"internal static void WriteArray(ProtocolWriter writer, {schema.Name}[] items, {Parameters}");
        code.Line("writer.WriteArrayLength(items.Length, flexible);");
        code.Line("foreach (var item in items)");
        code.Indented("item.Write(writer, version);");
        code.Close();
        if (!nullable)
        {
            return;
        }
        code.Blank();
        code.Open($"internal static void WriteNullableArray(ProtocolWriter writer, {schema.Name}[]? items, {Parameters}");
        code.Line("if (items is null)");
        code.Indented("writer.WriteArrayLength(-1, flexible);");
        code.Line("else");
        code.Indented("WriteArray(writer, items, version, flexible);");
        code.Close();
    }

    /// <summary>The condition that a field holds something else than its default.</summary>
    public static string IsSet(FieldSchema field) => field switch
    {
        { Default: "null" } => $"{field.Name} is not null",
        { IsLazyStruct: true } => $"{field.Name} is {{ HasOnlyDefaults: false }}",
        { Type: { IsStruct: true, IsArray: false } }
            => field.IsNullable ? $"{field.Name} is not {{ HasOnlyDefaults: true }}" : $"!{field.Name}.HasOnlyDefaults",
        { Default: "[]" } or { Default: "\"\"" } => field.IsNullable ? $"{field.Name} is not {{ Length: 0 }}" : $"{field.Name}.Length != 0",
        { Default: "true" } => $"!{field.Name}",
        { Default: "false" } => field.Name,
        _ => $"{field.Name} != {field.Default}",
    };

    private void Statements(FieldSchema field, VersionRange versions)
    {
        RefuseNull(field, versions);
        foreach (string line in Lines(field, versions, "writer"))
        {
            code.Line(line);
        }
    }

    private void RefuseNull(FieldSchema field, VersionRange versions)
    {
        string nulls = Conditions.Of(field.NullVersions, versions);
        if (!field.IsNullable || nulls == "true")
        {
            return;
        }
        string versionTest = nulls == "false" ? string.Empty : $" && !({nulls})";
        code.Line($"if ({field.Name} is null{versionTest})");
        code.Indented($"throw UnsupportedVersionException.NullField(\"{schema.Name}.{field.Name}\", version);");
    }

    private void RefuseElsewhere(FieldSchema field)
    {
        if (field.Ignorable)
        {
            return;
        }
        code.Line($"else if ({IsSet(field)})");
        code.Indented($"throw UnsupportedVersionException.Field(\"{schema.Name}.{field.Name}\", version);");
    }

    private IEnumerable<string> Lines(FieldSchema field, VersionRange versions, string writer)
    {
        FieldType type = field.Type;
        string flexible = ReadEmitter.Flexibility(message, schema, versions);
        string nullable = field.IsNullable ? "Nullable" : string.Empty;
        if (type is { IsStruct: true, IsArray: true })
        {
            return [$"{type.StructName}.Write{nullable}Array({writer}, {field.Name}, version, {flexible});"];
        }
        if (type.IsStruct)
        {
            return StructLines(field, writer);
        }
        if (type is { Scalar: Scalar.Records })
        {
            return [$"{writer}.WriteNullableRecords({field.Name}, {flexible});"];
        }
        string array = type.IsArray ? "Array" : string.Empty;
        return [type.HasLength ? $"{writer}.Write{nullable}{type.Scalar}{array}({field.Name}, {flexible});" : $"{writer}.Write{type.Scalar}({field.Name});"];
    }

    private static IEnumerable<string> StructLines(FieldSchema field, string writer)
    {
        if (!field.IsNullable)
        {
            return [$"{field.Name}.Write({writer}, version);"];
        }
        string presence = field.IsTagged ? "WriteTaggedStructPresence" : "WriteStructPresence";
        return [$"{writer}.{presence}({field.Name} is not null);", $"{field.Name}?.Write({writer}, version);"];
    }

    private void Tagged()
    {
        string flexible = Conditions.Of(message.Flexible, schema.Versions);
        if (flexible == "false")
        {
            return;
        }
        List<FieldSchema> tagged = schema.Fields.Where(f => f.IsTagged).OrderBy(f => f.Tag).ToList();
        foreach (FieldSchema field in tagged)
        {
            RefuseTaggedElsewhere(field);
        }
        if (flexible != "true")
        {
            code.Open("if (flexible)");
        }
        if (tagged.Count == 0)
        {
            code.Line("writer.WriteUnknownTaggedFields(UnknownTaggedFields);");
        }
        else
        {
            TaggedSection(tagged);
        }
        if (flexible == "true")
        {
            return;
        }
        code.Close();
        code.Line("else if (UnknownTaggedFields is { Length: > 0 })");
        code.Indented($"throw UnsupportedVersionException.Field(\"{schema.Name}.UnknownTaggedFields\", version);");
    }

    private void RefuseTaggedElsewhere(FieldSchema field)
    {
        string condition = Conditions.Of(field.Versions, schema.Versions);
        if (field.Ignorable || condition == "true")
        {
            return;
        }
        code.Line($"if (!({condition}) && {IsSet(field)})");
        code.Indented($"throw UnsupportedVersionException.Field(\"{schema.Name}.{field.Name}\", version);");
    }

    private void TaggedSection(List<FieldSchema> tagged)
    {
        code.Line("int known = 0;");
        foreach (FieldSchema field in tagged)
        {
            code.Line($"if ({TagCondition(field)})");
            code.Indented("known++;");
        }

        code.Line("var tags = new TaggedFieldsWriter(writer, UnknownTaggedFields, known);");
        foreach (FieldSchema field in tagged)
        {
            code.Open($"if ({TagCondition(field)})");
            code.Line($"var field = tags.Begin({field.Tag});");
            foreach (string line in Lines(field, field.Versions.Intersect(schema.Versions), "field"))
            {
                code.Line(line);
            }
            code.Line("tags.End();");
            code.Close();
            code.Blank();
        }

        code.Line("tags.Finish();");
    }

    private string TagCondition(FieldSchema field) =>
        Conditions.And(Conditions.Of(field.Versions, message.Flexible.Intersect(schema.Versions)), IsSet(field));
}
