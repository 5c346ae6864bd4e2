using Broker.Protocol.Generator.Schema;

namespace Broker.Protocol.Generator.Emit;

/// <summary>Writes the decoding half of a structure.</summary>
internal sealed class ReadEmitter(CodeWriter code, MessageSchema message, StructSchema schema)
{
    /// <summary>The statements that fill <c>message</c> from <c>reader</c>.</summary>
    public void Body()
    {
        string open = "true";
        foreach (FieldSchema field in schema.Fields.Where(f => !f.IsTagged))
        {
            VersionRange versions = field.Versions.Intersect(schema.Versions);
            string condition = Conditions.Of(versions, schema.Versions);
            if (condition != open)
            {
                CloseUnless(open);
                if (condition != "true")
                {
                    code.Open($"if ({condition})");
                }
                open = condition;
            }

            code.Line($"message.{field.Name} = {Value(field, versions)};");
        }

        CloseUnless(open);
        Tagged();
    }

    private void CloseUnless(string condition)
    {
        if (condition == "true")
        {
            return;
        }
        code.Close();
        code.Blank();
    }

    /// <summary>The methods that read arrays of a structure, those that are used.</summary>
    public void ArrayMethods(bool plain, bool nullable)
    {
        const string Parameters = "(ref ProtocolReader reader, short version, bool flexible)";
        if (!plain && !nullable)
        {
            return;
        }
        if (plain)
        {
            code.Blank();
            code.Line($"internal static {schema.Name}[] ReadArray{Parameters} =>");
            code.Indented("ReadElements(ref reader, version, reader.ReadArrayLength(MinimumSize(version), flexible));");
        }

        if (nullable)
        {
            code.Blank();
            code.Open($"internal static {schema.Name}[]? ReadNullableArray{Parameters}");
            code.Line("int count = reader.ReadNullableArrayLength(MinimumSize(version), flexible);");
            code.Line("return count < 0 ? null : ReadElements(ref reader, version, count);");
            code.Close();
        }

        code.Blank();
        code.Open($"private static {schema.Name}[] ReadElements(ref ProtocolReader reader, short version, int count)");
        code.Line("if (count == 0)");
        code.Indented("return [];");
        code.Line($"var items = new {schema.Name}[count];");
        code.Line("for (int i = 0; i < items.Length; i++)");
        code.Indented("items[i] = Read(ref reader, version);");
        code.Line("return items;");
        code.Close();
        MinimumSize();
    }

    /// <summary>The fewest bytes of an element, against which an array's count is checked before anything is allocated.</summary>
    private void MinimumSize()
    {
        code.Blank();
        List<(int Highest, int Size)> steps = new();
        for (int version = schema.Versions.Lowest; version <= schema.Versions.Highest; version++)
        {
            int size = Math.Max(1, WireSize.Minimum(message, schema, version));
            if (steps.Count > 0 && steps[steps.Count - 1].Size == size)
            {
                steps[steps.Count - 1] = (version, size);
            }
            else
            {
                steps.Add((version, size));
            }
        }

        if (steps.Count == 1)
        {
            code.Line($"private static int MinimumSize(short version) => {steps[0].Size};");
            return;
        }

        code.Line("private static int MinimumSize(short version) => version switch");
        code.Open();
        for (int i = 0; i < steps.Count; i++)
        {
            code.Line(i == steps.Count - 1 ? $"_ => {steps[i].Size}," : $"<= {steps[i].Highest} => {steps[i].Size},");
        }
        code.Close("};");
    }

    private void Tagged()
    {
        string flexible = Conditions.Of(message.Flexible, schema.Versions);
        if (flexible == "false")
        {
            return;
        }
        List<FieldSchema> tagged = schema.Fields.Where(f => f.IsTagged).OrderBy(f => f.Tag).ToList();
        if (flexible != "true")
        {
            code.Open("if (flexible)");
        }
        if (tagged.Count == 0)
        {
            code.Line("message.UnknownTaggedFields = reader.ReadUnknownTaggedFields();");
        }
        else
        {
            TaggedSection(tagged);
        }
        if (flexible != "true")
        {
            code.Close();
        }
    }

    private void TaggedSection(List<FieldSchema> tagged)
    {
        code.Line("var tags = reader.ReadTaggedFields();");
        code.Line("while (tags.MoveNext(ref reader))");
        code.Open();
        code.Open("switch (tags.Tag)");
        foreach (FieldSchema field in tagged)
        {
            TagCase(field);
        }
        code.Line("default:");
        code.Indented("tags.Keep(ref reader);");
        code.Indented("break;");
        code.Close();
        code.Close();
        code.Blank();
        code.Line("message.UnknownTaggedFields = tags.Unknown;");
    }

    private void TagCase(FieldSchema field)
    {
        VersionRange versions = field.Versions.Intersect(schema.Versions);
        string condition = Conditions.Of(versions, message.Flexible.Intersect(schema.Versions));
        code.Line(condition == "true" ? $"case {field.Tag}:" : $"case {field.Tag} when {condition}:");
        code.Indented($"message.{field.Name} = {Value(field, versions)};");
        code.Indented("break;");
    }

    private string Value(FieldSchema field, VersionRange versions)
    {
        string nulls = Conditions.Of(field.NullVersions, versions);
        string flexible = Flexibility(message, schema, versions);
        return nulls switch
        {
            "true" => Call(field, "Nullable", flexible),
            "false" => Call(field, string.Empty, flexible),
            _ => $"{nulls} ? {Call(field, "Nullable", flexible)} : {Call(field, string.Empty, flexible)}",
        };
    }

    /// <summary>The argument that says whether a length is compact; certain where all versions of the field agree.</summary>
    public static string Flexibility(MessageSchema message, StructSchema schema, VersionRange versions) =>
        Conditions.Of(message.Flexible, versions) switch
        {
            "true" => "true",
            "false" => "false",
            _ => "flexible",
        };

    private string Call(FieldSchema field, string nullable, string flexible)
    {
        FieldType type = field.Type;
        if (type is { IsStruct: true, IsArray: true })
        {
            return $"{type.StructName}.Read{nullable}Array(ref reader, version, {flexible})";
        }
        if (type.IsStruct)
        {
            string read = $"{type.StructName}.Read(ref reader, version)";
            string present = field.IsTagged ? "reader.ReadTaggedStructPresence()" : "reader.ReadStructPresence()";
            return nullable.Length == 0 ? read : $"({present} ? {read} : null)";
        }

        if (type is { Scalar: Scalar.Records })
        {
            return message.Kind == MessageKind.Request ? $"reader.ReadNullableRecords({flexible})" : $"reader.ReadNullableRecordsPayload({flexible})";
        }
        string array = type.IsArray ? "Array" : string.Empty;
        return type.HasLength ? $"reader.Read{nullable}{type.Scalar}{array}({flexible})" : $"reader.Read{type.Scalar}()";
    }
}
