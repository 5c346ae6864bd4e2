using Broker.Protocol.Generator.Json;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator.Schema;

/// <summary>Turns a schema file's JSON into messages.</summary>
internal sealed class SchemaReader(SchemaFile file)
{
    private static readonly VersionRange Always = new(0, VersionRange.Open);

    /// <summary>Types that generated code names; a structure of the same name would hide them.</summary>
    private static readonly string[] ReservedNames =
    [
        "ApiKey", "Guid", "IMessage", "IRequest", "MalformedMessageException", "Memory", "ProtocolReader", "ProtocolWriter",
        "RecordsPayload", "TaggedFieldsWriter", "UnknownTaggedField", "UnsupportedVersionException",
    ];

    private List<StructSchema> _structs = [];

    /// <summary>Reads all messages of a file: request and response of an API, or one record.</summary>
    public List<MessageSchema> Read()
    {
        try
        {
            if (JsonParser.Parse(file.Text.ToString()) is JsonObject json)
            {
                return json.Find("api") is not null ? ReadApi(json) : ReadRecord(json);
            }
            file.Report(SchemaErrors.Shape, new TextSpan(0, 1), "a schema is an object");
        }
        catch (JsonSyntaxException e)
        {
            file.Report(SchemaErrors.Syntax, e.Span, e.Message);
        }

        return [];
    }

    private List<MessageSchema> ReadApi(JsonObject json)
    {
        file.CheckKeys(json, "api", "versions", "flexible", "request", "response");
        string api = file.RequireString(json, "api");
        CheckName(api, json.Find("api")!.Value.Span);
        List<MessageSchema> messages = new();
        foreach ((string key, MessageKind kind) in new[] { ("request", MessageKind.Request), ("response", MessageKind.Response) })
        {
            if (file.Require(json, key) is not { } body)
            {
                continue;
            }
            if (body is not JsonObject message)
            {
                file.Report(SchemaErrors.Shape, body.Span, $"'{key}' is an object");
                continue;
            }

            file.CheckKeys(message, "fields", "structs");
            messages.Add(ReadMessage(json, message, kind, api, api + kind));
        }

        return messages;
    }

    private List<MessageSchema> ReadRecord(JsonObject json)
    {
        file.CheckKeys(json, "record", "versions", "flexible", "fields", "structs");
        string name = file.RequireString(json, "record");
        if (name.Length == 0)
        {
            return [];
        }
        CheckName(name, json.Find("record")!.Value.Span);
        return [ReadMessage(json, json, MessageKind.Record, string.Empty, name)];
    }

    private MessageSchema ReadMessage(JsonObject head, JsonObject body, MessageKind kind, string api, string name)
    {
        _structs = [];
        file.Require(head, "versions");
        VersionRange versions = file.Versions(head, "versions", new VersionRange(0, 0));
        if (versions.Highest == VersionRange.Open || versions.IsEmpty)
        {
            file.Report(SchemaErrors.Versions, head.Find("versions")!.Value.Span, "a message's versions have an end");
        }
        StructSchema root = new(name, versions, ReadFields(file.Require(body, "fields")), body.Span);
        ReadShared(body.Find("structs"));
        return new MessageSchema
        {
            Kind = kind,
            ApiName = api,
            Root = root,
            Structs = _structs,
            Versions = versions,
            Flexible = file.Versions(head, "flexible", VersionRange.None),
        };
    }

    private void ReadShared(JsonMember? member)
    {
        if (member is null)
        {
            return;
        }
        if (member.Value is not JsonObject shared)
        {
            file.Report(SchemaErrors.Shape, member.Value.Span, "'structs' is an object of names and their fields");
            return;
        }

        foreach (JsonMember item in shared.Members)
        {
            AddStruct(item.Name, item.NameSpan, item.Value);
        }
    }

    private void AddStruct(string name, TextSpan span, JsonNode fields)
    {
        CheckName(name, span);
        if (_structs.Exists(s => s.Name == name) || ReservedNames.Contains(name))
        {
            file.Report(SchemaErrors.Name, span, $"the name '{name}' is taken");
        }
        // Declared before its own fields are read, so that structures stand in the order of their mention.
        StructSchema schema = new(name, VersionRange.None, [], span);
        _structs.Add(schema);
        schema.Fields.AddRange(ReadFields(fields));
    }

    private List<FieldSchema> ReadFields(JsonNode? node)
    {
        List<FieldSchema> fields = new();
        if (node is JsonArray items)
        {
            foreach (JsonNode item in items.Items)
            {
                if (item is JsonObject json)
                {
                    fields.Add(ReadField(json));
                }
                else
                {
                    file.Report(SchemaErrors.Shape, item.Span, "a field is an object");
                }
            }
        }
        else if (node is not null)
        {
            file.Report(SchemaErrors.Shape, node.Span, "fields are an array");
        }

        return fields;
    }

    private FieldSchema ReadField(JsonObject json)
    {
        file.CheckKeys(json, "name", "type", "in", "null", "default", "tag", "ignorable", "of");
        string name = file.RequireString(json, "name");
        if (json.Find("name") is { } named)
        {
            CheckName(name, named.Value.Span);
        }
        FieldType type = FieldType.Parse(file.RequireString(json, "type"));
        if (json.Find("of") is { } inline)
        {
            if (type.IsStruct)
            {
                AddStruct(type.StructName, json.Find("type")?.Value.Span ?? json.Span, inline.Value);
            }
            else
            {
                file.Report(SchemaErrors.Type, inline.NameSpan, "only a structure has fields of its own");
            }
        }

        VersionRange nulls = file.Versions(json, "null", VersionRange.None);
        if (!nulls.IsEmpty && !type.CanBeNull)
        {
            file.Report(SchemaErrors.Type, json.Find("null")!.Value.Span, "a value of this type is never null");
        }
        return new FieldSchema
        {
            Name = name,
            Type = type,
            Versions = file.Versions(json, "in", Always),
            NullVersions = nulls,
            Tag = ReadTag(json),
            Default = new DefaultReader(file, type, !nulls.IsEmpty).Read(json.Find("default")?.Value),
            Ignorable = ReadIgnorable(json),
            Span = json.Find("name")?.Value.Span ?? json.Span,
        };
    }

    private int ReadTag(JsonObject json)
    {
        JsonNode? node = json.Find("tag")?.Value;
        if (node is null)
        {
            return -1;
        }
        // Kafka numbers tags from 0 without gaps; 1000 is far above any.
        if (node is JsonNumber number && int.TryParse(number.Text, out int tag) && tag is >= 0 and < 1000)
        {
            return tag;
        }
        file.Report(SchemaErrors.Tag, node.Span, "a tag is a number from 0 to 999");
        return -1;
    }

    private bool ReadIgnorable(JsonObject json)
    {
        JsonNode? node = json.Find("ignorable")?.Value;
        if (node is not null and not JsonBoolean)
        {
            file.Report(SchemaErrors.Shape, node.Span, "'ignorable' is true or false");
        }
        return node is JsonBoolean { Value: true };
    }

    private void CheckName(string name, TextSpan span)
    {
        if (!SyntaxFacts.IsValidIdentifier(name) || !char.IsUpper(name[0]))
        {
            file.Report(SchemaErrors.Name, span, $"'{name}' is no identifier that starts with a capital");
        }
    }
}
