using Broker.Protocol.Generator.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Broker.Protocol.Generator.Schema;

/// <summary>One schema file while it is read: its text, and the problems found so far.</summary>
internal sealed class SchemaFile(string path, SourceText text)
{
    public List<SchemaProblem> Problems { get; } = [];

    public string Path { get; } = path;

    public SourceText Text { get; } = text;

    public void Report(DiagnosticDescriptor descriptor, TextSpan span, string message) =>
        Problems.Add(new SchemaProblem(descriptor, message, Path, span, Text.Lines.GetLinePositionSpan(span)));

    /// <summary>Reports every key of an object that is not among those known.</summary>
    public void CheckKeys(JsonObject json, params string[] known)
    {
        foreach (JsonMember member in json.Members)
        {
            if (!known.Contains(member.Name))
            {
                Report(SchemaErrors.Shape, member.NameSpan, $"'{member.Name}' is not one of {string.Join(", ", known)}");
            }
        }
    }

    public JsonNode? Require(JsonObject json, string key)
    {
        JsonMember? member = json.Find(key);
        if (member is null)
        {
            Report(SchemaErrors.Shape, new TextSpan(json.Span.Start, 1), $"'{key}' is missing");
        }
        return member?.Value;
    }

    public string RequireString(JsonObject json, string key)
    {
        JsonNode? node = Require(json, key);
        if (node is JsonString text)
        {
            return text.Value;
        }
        if (node is not null)
        {
            Report(SchemaErrors.Shape, node.Span, $"'{key}' is a string");
        }
        return string.Empty;
    }

    /// <summary>The range under a key; <paramref name="absent"/> where the key is not given.</summary>
    public VersionRange Versions(JsonObject json, string key, VersionRange absent)
    {
        JsonNode? node = json.Find(key)?.Value;
        if (node is null)
        {
            return absent;
        }
        if (node is JsonString text && VersionRange.TryParse(text.Value, out VersionRange range))
        {
            return range;
        }
        Report(SchemaErrors.Versions, node.Span, $"'{key}' is a range such as \"3\", \"3-5\", \"3+\" or \"none\"");
        return absent;
    }
}
