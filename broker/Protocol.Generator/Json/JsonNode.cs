using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator.Json;

/// <summary>A JSON value with its position in the file, so that a schema error can name its line.</summary>
internal abstract class JsonNode(TextSpan span)
{
    public TextSpan Span { get; } = span;
}

internal sealed class JsonObject(TextSpan span, List<JsonMember> members) : JsonNode(span)
{
    public List<JsonMember> Members { get; } = members;

    public JsonMember? Find(string name) => Members.Find(m => m.Name == name);
}

internal sealed class JsonMember(string name, TextSpan nameSpan, JsonNode value)
{
    public string Name { get; } = name;

    public TextSpan NameSpan { get; } = nameSpan;

    public JsonNode Value { get; } = value;
}

internal sealed class JsonArray(TextSpan span, List<JsonNode> items) : JsonNode(span)
{
    public List<JsonNode> Items { get; } = items;
}

internal sealed class JsonString(TextSpan span, string value) : JsonNode(span)
{
    public string Value { get; } = value;
}

/// <summary>A number, kept as written: a default is checked against its field's type, not against double.</summary>
internal sealed class JsonNumber(TextSpan span, string text) : JsonNode(span)
{
    public string Text { get; } = text;
}

internal sealed class JsonBoolean(TextSpan span, bool value) : JsonNode(span)
{
    public bool Value { get; } = value;
}

internal sealed class JsonNull(TextSpan span) : JsonNode(span);
