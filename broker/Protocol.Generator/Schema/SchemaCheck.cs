namespace Broker.Protocol.Generator.Schema;

/// <summary>Checks the parts of a message against each other; also computes the versions in which each structure can occur.</summary>
internal sealed class SchemaCheck(SchemaFile file, MessageSchema message)
{
    /// <summary>Element types for which the reader and writer have array methods.</summary>
    private static readonly Scalar[] ArrayElements = [Scalar.Int32, Scalar.Int64, Scalar.String, Scalar.Struct];

    private readonly Stack<string> _path = new();

    public void Run()
    {
        if (!GiveVersions(message.Root))
        {
            return;
        }
        foreach (StructSchema schema in message.Structs.Prepend(message.Root))
        {
            if (schema.Versions.IsEmpty)
            {
                file.Report(SchemaErrors.Type, schema.Span, $"no field is a '{schema.Name}'");
            }
            else
            {
                CheckStruct(schema);
            }
        }

        if (file.Problems.Count > 0)
        {
            return;
        }
        foreach (StructSchema schema in message.Structs)
        {
            CheckDensity(schema);
        }
    }

    /// <summary>A structure is on the wire in the versions of all fields that hold it; false where one holds itself.</summary>
    private bool GiveVersions(StructSchema schema)
    {
        if (_path.Contains(schema.Name))
        {
            file.Report(SchemaErrors.Type, schema.Span, $"'{schema.Name}' holds itself");
            return false;
        }

        _path.Push(schema.Name);
        bool sound = true;
        foreach (FieldSchema field in schema.Fields.Where(f => f.Type.IsStruct))
        {
            if (message.Find(field.Type.StructName) is not { } inner)
            {
                continue;
            }
            inner.Versions = inner.Versions.Span(field.Versions.Intersect(schema.Versions));
            sound &= GiveVersions(inner);
        }

        _path.Pop();
        return sound;
    }

    private void CheckStruct(StructSchema schema)
    {
        CheckFieldNames(schema);
        CheckTags(schema);
        foreach (FieldSchema field in schema.Fields)
        {
            CheckField(schema, field);
        }
    }

    private void CheckField(StructSchema owner, FieldSchema field)
    {
        VersionRange versions = field.Versions.Intersect(owner.Versions);
        if (versions.IsEmpty)
        {
            file.Report(SchemaErrors.Versions, field.Span, $"'{field.Name}' is in no version of '{owner.Name}' ({owner.Versions})");
        }
        else if (field.IsNullable && field.NullVersions.Intersect(versions).IsEmpty)
        {
            file.Report(SchemaErrors.Versions, field.Span, $"'{field.Name}' can be null only where it is absent");
        }
        if (field.IsTagged && !message.Flexible.Covers(versions))
        {
            file.Report(SchemaErrors.Tag, field.Span, $"'{field.Name}' is tagged in versions that are not flexible");
        }
        CheckType(field, versions);
    }

    private void CheckType(FieldSchema field, VersionRange versions)
    {
        FieldType type = field.Type;
        if (type.IsStruct && message.Find(type.StructName) is null)
        {
            file.Report(SchemaErrors.Type, field.Span, $"'{type.StructName}' is neither a type nor a structure of this message");
        }
        if (type.IsArray && !ArrayElements.Contains(type.Scalar))
        {
            file.Report(SchemaErrors.Type, field.Span, $"an array of {type.Scalar} is not provided for");
        }
        if (type is { Scalar: Scalar.Records } && (field.IsTagged || !field.NullVersions.Covers(versions) || message.Kind == MessageKind.Record))
        {
            file.Report(SchemaErrors.Type, field.Span, "records stand in a request or response, untagged and nullable in all versions");
        }
    }

    private void CheckFieldNames(StructSchema schema)
    {
        HashSet<string> taken = new(StringComparer.Ordinal) { schema.Name, "Read", "Write", "HasOnlyDefaults", "UnknownTaggedFields" };
        if (schema == message.Root)
        {
            taken.UnionWith(message.Structs.Select(s => s.Name).Concat(["LowestVersion", "HighestVersion", "FirstFlexibleVersion"]));
        }
        foreach (FieldSchema field in schema.Fields)
        {
            if (!taken.Add(field.Name))
            {
                file.Report(SchemaErrors.Name, field.Span, $"the name '{field.Name}' is taken in '{schema.Name}'");
            }
            // In C# a property hides a type of its name, unless it is of that very type.
            if (message.Find(field.Name) is not null && (field.Type.StructName != field.Name || field.Type.IsArray))
            {
                file.Report(SchemaErrors.Name, field.Span, $"'{field.Name}' is a structure and something else");
            }
        }
    }

    private void CheckTags(StructSchema schema)
    {
        HashSet<int> tags = new();
        foreach (FieldSchema field in schema.Fields.Where(f => f.IsTagged))
        {
            if (!tags.Add(field.Tag))
            {
                file.Report(SchemaErrors.Tag, field.Span, $"tag {field.Tag} is taken in '{schema.Name}'");
            }
        }
    }

    /// <summary>
    /// Decoding may allocate 64 times the frame: what an array of one element takes in memory has to stay below that for the shortest encoding of the element.
    /// </summary>
    private void CheckDensity(StructSchema schema)
    {
        const int Limit = 64, ObjectHeader = 16, ArrayOfOne = 32;
        int memory = ObjectHeader + ArrayOfOne + schema.Fields.Sum(f => WireSize.InMemory(f)) + (message.Flexible.IsEmpty ? 0 : 8);
        for (int version = schema.Versions.Lowest; version <= schema.Versions.Highest; version++)
        {
            int wire = WireSize.Minimum(message, schema, version);
            if (memory > Limit * wire)
            {
                file.Report(SchemaErrors.Density, schema.Span, $"'{schema.Name}' takes {memory} bytes for {wire} in version {version}");
            }
        }
    }
}
