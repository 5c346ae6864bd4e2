using System.Text.Json;
using System.Text.Json.Nodes;

namespace Peers.Tests.Requests;

/// <summary>
/// An answer as text, field by field, without the fields that differ between any two brokers: ids, addresses, folders, sizes of volumes, the texts of
/// documentation. Lists are sorted, because Apache's have the order of a hash map.
/// </summary>
internal static class AnswerText
{
    private const string SomeId = "some id";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly string[] Dropped = ["UnknownTaggedFields", "Documentation", "ThrottleTimeMs", "Port"];
    private static readonly string[] Ids = ["TopicId", "ClusterId", "ProducerId", "LogDir", "TotalBytes", "UsableBytes"];
    private static readonly string[] NoIds = ["00000000-0000-0000-0000-000000000000", "-1", ""];

    /// <param name="answer">Null where the broker has closed the connection.</param>
    /// <param name="ignored">Fields in which the two may differ.</param>
    public static string Of<T>(T? answer, params IReadOnlyCollection<string> ignored)
        where T : class
    {
        if (answer is null)
        {
            return "the connection is closed";
        }

        JsonNode json = JsonNode.Parse(JsonSerializer.Serialize(answer))!;
        return Normal(json, ignored).ToJsonString(Indented);
    }

    /// <summary>The lines in which two answers differ, or both whole where only the order of lines does; empty where they are the same.</summary>
    public static string Difference(string theirs, string ours)
    {
        string[] left = theirs.Split('\n');
        string[] right = ours.Split('\n');
        IEnumerable<string> lines = left.Except(right).Select(line => $"apache {line}").Concat(right.Except(left).Select(line => $"ours   {line}"));
        return theirs == ours ? ""
            : left.ToHashSet(StringComparer.Ordinal).SetEquals(right) ? $"apache\n{theirs}\nours\n{ours}"
            : string.Join('\n', lines);
    }

    private static JsonNode Normal(JsonNode json, IReadOnlyCollection<string> ignored) => json switch
    {
        JsonArray list
            => new JsonArray([.. list.Select(item => item is null ? null : Normal(item, ignored)).OrderBy(item => item is JsonObject ? item.ToJsonString()
            : "", StringComparer.Ordinal)]),
        JsonObject fields => Normal(fields, ignored),
        _ => json.DeepClone(),
    };

    private static JsonObject Normal(JsonObject fields, IReadOnlyCollection<string> ignored)
    {
        JsonObject normal = [];
        foreach ((string name, JsonNode? value) in fields.Where(field => !Dropped.Contains(field.Key) && !ignored.Contains(field.Key)))
        {
            normal[name] = value is null ? null : Ids.Contains(name) && !NoIds.Contains(value.ToString()) ? SomeId : Normal(value, ignored);
        }

        return normal;
    }
}
