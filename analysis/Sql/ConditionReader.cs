using System.Text.Json.Nodes;

namespace Game.Analysis.Sql;

/// <summary>Derives, from a condition on a table's rows, a condition that their folders must meet.</summary>
/// <param name="alias">The table's name in the statement.</param>
/// <param name="timeColumn">The column whose value decides a row's folder, so that the folder bounds it.</param>
/// <param name="isOnlyTable">Whether a column without a table's name belongs to this table.</param>
/// <param name="functions">Functions that return the same for the same arguments during a statement.</param>
internal sealed class ConditionReader(string alias, string timeColumn, bool isOnlyTable, Lazy<IReadOnlySet<string>> functions)
{
    /// <summary>An expression over the folder's columns that is true for every folder whose rows can meet the condition; null where there is none.</summary>
    public JsonObject? Needed(JsonObject condition)
    {
        if (IsOfFolder(condition))
        {
            return Copy(condition);
        }
        return Text(condition, "type") switch
        {
            "CONJUNCTION_AND" => Conjunction("CONJUNCTION_AND", [.. Children(condition).Select(Needed).OfType<JsonObject>()]),
            "CONJUNCTION_OR"
                => Children(condition).Select(Needed).ToArray() is var parts && parts.All(part => part is not null) ? Conjunction("CONJUNCTION_OR", parts!)
                : null,
            "COMPARE_BETWEEN" => Between(condition),
            "COMPARE_IN" => In(condition),
            { } comparison when condition["class"]?.GetValue<string>() == "COMPARISON" => Comparison(comparison, condition["left"], condition["right"]),
            _ => null,
        };
    }

    private JsonObject? Between(JsonObject condition)
        => Conjunction("CONJUNCTION_AND", [.. new[]
        {
            Comparison("COMPARE_GREATERTHANOREQUALTO", condition["input"], condition["lower"]),
            Comparison("COMPARE_LESSTHANOREQUALTO", condition["input"], condition["upper"]),
        }.OfType<JsonObject>()]);

    private JsonObject? In(JsonObject condition)
    {
        JsonObject[] children = [.. Children(condition)];
        JsonObject?[] equal = [.. children.Skip(1).Select(value => Comparison("COMPARE_EQUAL", children[0], value))];
        return equal.Length > 0 && equal.All(one => one is not null) ? Conjunction("CONJUNCTION_OR", equal!) : null;
    }

    // The time of a row lies between the folder's bounds, so a comparison that holds for the row holds for the bound on that side.
    private JsonObject? Comparison(string comparison, JsonNode? left, JsonNode? right)
    {
        if (IsOfFolder(left) && IsTime(right))
        {
            return Comparison(Mirrored(comparison), right, left);
        }
        if (!IsTime(left) || !IsOfFolder(right))
        {
            return null;
        }
        return comparison switch
        {
            "COMPARE_LESSTHAN" or "COMPARE_LESSTHANOREQUALTO" => Compare(comparison, Bound(left!, FolderChooser.First), right!),
            "COMPARE_GREATERTHAN" or "COMPARE_GREATERTHANOREQUALTO" => Compare(comparison, Bound(left!, FolderChooser.Last), right!),
            "COMPARE_EQUAL" => Conjunction("CONJUNCTION_AND",
            [
                Compare("COMPARE_LESSTHANOREQUALTO", Bound(left!, FolderChooser.First), right!),
                Compare("COMPARE_GREATERTHANOREQUALTO", Bound(left!, FolderChooser.Last), right!),
            ]),
            _ => null,
        };
    }

    private bool IsOfFolder(JsonNode? node) => node switch
    {
        JsonArray array => array.All(IsOfFolder),
        JsonObject o when Text(o, "class") is { } kind => IsKnown(kind, o) && o.All(member => IsOfFolder(member.Value)),
        JsonObject o => o.All(member => IsOfFolder(member.Value)),
        _ => true,
    };

    private bool IsKnown(string kind, JsonObject o) => kind switch
    {
        "COLUMN_REF" => Column(o) is "dt" or "hour",
        "FUNCTION"
            => Text(o, "catalog") is null or "" && Text(o, "schema") is null or "" or "main"
            && functions.Value.Contains(Text(o, "function_name")!.ToLowerInvariant()),
        _ => kind is "CONSTANT" or "COMPARISON" or "CONJUNCTION" or "CAST" or "OPERATOR" or "BETWEEN" or "CASE",
    };

    private bool IsTime(JsonNode? node) => node is JsonObject o && Text(o, "class") == "COLUMN_REF" && Column(o) == timeColumn;

    // The column's name where it certainly belongs to this table; otherwise null.
    private string? Column(JsonObject reference)
    {
        string[] parts = [.. (reference["column_names"] as JsonArray ?? []).Select(name => name!.GetValue<string>().ToLowerInvariant())];
        bool own = parts.Length == 1 ? isOnlyTable : parts.Length == 2 && parts[0] == alias.ToLowerInvariant();
        return own ? parts[^1] : null;
    }

    private static JsonObject Bound(JsonNode time, string column)
    {
        JsonObject bound = Copy(time);
        JsonArray names = (JsonArray)bound["column_names"]!;
        names[^1] = column;
        return bound;
    }

    private static JsonObject Compare(string comparison, JsonNode left, JsonNode right)
        => new() { ["class"] = "COMPARISON", ["type"] = comparison, ["alias"] = "", ["left"] = left, ["right"] = Copy(right) };

    private static JsonObject? Conjunction(string type, JsonObject[] parts) => parts.Length switch
    {
        0 => null,
        1 => parts[0],
        _ => new() { ["class"] = "CONJUNCTION", ["type"] = type, ["alias"] = "", ["children"] = new JsonArray([.. parts]) },
    };

    private static string Mirrored(string comparison) => comparison switch
    {
        "COMPARE_LESSTHAN" => "COMPARE_GREATERTHAN",
        "COMPARE_LESSTHANOREQUALTO" => "COMPARE_GREATERTHANOREQUALTO",
        "COMPARE_GREATERTHAN" => "COMPARE_LESSTHAN",
        "COMPARE_GREATERTHANOREQUALTO" => "COMPARE_LESSTHANOREQUALTO",
        _ => comparison,
    };

    private static JsonObject Copy(JsonNode node) => (JsonObject)node.DeepClone();

    private static IEnumerable<JsonObject> Children(JsonObject expression) => (expression["children"] as JsonArray ?? []).OfType<JsonObject>();

    private static string? Text(JsonObject o, string name) => o[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
