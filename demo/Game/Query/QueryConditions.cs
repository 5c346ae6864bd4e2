using System.Text.Json.Nodes;

namespace Game.Cli.Query;

/// <summary>
/// Reads, from DuckDB's own parse of a query, which folders each view needs. Only what is certain counts: comparisons of dt, hour or the view's time with constants that
/// stand in a WHERE clause by themselves or joined by AND (and OR of such). Everything else needs all folders.
/// </summary>
internal sealed class QueryConditions(ConstantEvaluator constants)
{
    private sealed record Reference(string View, string Alias, bool IsRenamed);

    private readonly Dictionary<string, FolderFilter> byView = [];
    private readonly HashSet<JsonNode> judged = [];

    /// <summary>The views of the statements, with the folders they need.</summary>
    public static IReadOnlyDictionary<string, FolderFilter> Of(JsonNode serialized, ConstantEvaluator constants)
    {
        var conditions = new QueryConditions(constants);
        conditions.Walk(serialized);
        return conditions.byView;
    }

    private void Walk(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
                Walk(item);
        }
        else if (node is JsonObject o)
        {
            if (Text(o, "type") == "SELECT_NODE")
                JudgeSelect(o);
            if (Text(o, "type") == "BASE_TABLE" && !judged.Contains(o) && View(o) is { } view)
                Need(view, FolderFilter.Everything);
            foreach ((_, JsonNode? child) in o)
                Walk(child);
        }
    }

    private void JudgeSelect(JsonObject select)
    {
        List<JsonObject> tables = [];
        bool plain = CollectTables(select["from_table"] as JsonObject, tables);
        foreach (JsonObject table in tables.Where(table => View(table) is not null))
        {
            string alias = Text(table, "alias") is { Length: > 0 } given ? given : Text(table, "table_name")!;
            bool renamed = table["column_name_alias"] is JsonArray { Count: > 0 };
            var reference = new Reference(View(table)!, alias, renamed);
            judged.Add(table);
            Need(reference.View, renamed ? FolderFilter.Everything : Condition(select["where_clause"] as JsonObject, reference, alone: plain && tables.Count == 1));
        }
    }

    // True while only base tables and joins of them make up the FROM.
    private static bool CollectTables(JsonObject? from, List<JsonObject> tables)
    {
        switch (from is null ? null : Text(from, "type"))
        {
            case "BASE_TABLE":
                tables.Add(from!);
                return true;
            case "JOIN":
                bool left = CollectTables(from!["left"] as JsonObject, tables), right = CollectTables(from["right"] as JsonObject, tables);
                return left && right;
            default:
                return false;
        }
    }

    private FolderFilter Condition(JsonObject? expression, Reference reference, bool alone)
    {
        if (expression is null)
            return FolderFilter.Everything;
        switch (Text(expression, "type"))
        {
            case "CONJUNCTION_AND":
                return Children(expression).Select(child => Condition(child, reference, alone)).Aggregate(FolderFilter.Everything, (all, one) => all.And(one));
            case "CONJUNCTION_OR":
                return Children(expression).Select(child => Condition(child, reference, alone)).Aggregate((all, one) => all.Or(one));
            case "COMPARE_BETWEEN":
                return Between(expression, reference, alone);
            case "COMPARE_IN":
                return In(expression, reference, alone);
            default:
                return Comparison(expression, reference, alone);
        }
    }

    private FolderFilter Between(JsonObject expression, Reference reference, bool alone)
    {
        if (Column(expression["input"], reference, alone) is not { } column)
            return FolderFilter.Everything;
        return Compare(column, "COMPARE_GREATERTHANOREQUALTO", expression["lower"]).And(Compare(column, "COMPARE_LESSTHANOREQUALTO", expression["upper"]));
    }

    private FolderFilter In(JsonObject expression, Reference reference, bool alone)
    {
        JsonObject[] children = [.. Children(expression)];
        if (children.Length < 2 || Column(children[0], reference, alone) is not { } column)
            return FolderFilter.Everything;
        return children[1..].Select(child => Compare(column, "COMPARE_EQUAL", child)).Aggregate((all, one) => all.Or(one));
    }

    private FolderFilter Comparison(JsonObject expression, Reference reference, bool alone)
    {
        string type = Text(expression, "type") ?? "";
        if (Column(expression["left"], reference, alone) is { } left)
            return Compare(left, type, expression["right"]);
        return Column(expression["right"], reference, alone) is { } right ? Compare(right, Mirrored(type), expression["left"]) : FolderFilter.Everything;
    }

    private FolderFilter Compare(string column, string comparison, JsonNode? constant)
    {
        if (constant is null || !comparison.StartsWith("COMPARE_", StringComparison.Ordinal))
            return FolderFilter.Everything;
        return column switch
        {
            "dt" => constants.Date(constant) is { } date ? OfOrder(comparison, order => FolderFilter.OfDate(d => order(d.CompareTo(date)))) : FolderFilter.Everything,
            "hour" => constants.Number(constant) is { } number ? OfOrder(comparison, order => FolderFilter.OfHour(h => order(h.CompareTo(number)))) : FolderFilter.Everything,
            _ => constants.Time(constant) is { } ms ? OfTime(comparison, ms) : FolderFilter.Everything,
        };
    }

    private static FolderFilter OfOrder(string comparison, Func<Func<int, bool>, FolderFilter> make) => comparison switch
    {
        "COMPARE_EQUAL" => make(order => order == 0),
        "COMPARE_LESSTHAN" => make(order => order < 0),
        "COMPARE_LESSTHANOREQUALTO" => make(order => order <= 0),
        "COMPARE_GREATERTHAN" => make(order => order > 0),
        "COMPARE_GREATERTHANOREQUALTO" => make(order => order >= 0),
        _ => FolderFilter.Everything,
    };

    // A minute of slack: now() is a little later when the query runs than when its folders are chosen.
    private static FolderFilter OfTime(string comparison, long ms)
    {
        const long SlackMs = 60_000;
        return comparison switch
        {
            "COMPARE_EQUAL" => FolderFilter.OfTime(ms - SlackMs, ms + SlackMs),
            "COMPARE_LESSTHAN" or "COMPARE_LESSTHANOREQUALTO" => FolderFilter.OfTime(long.MinValue, ms + SlackMs),
            "COMPARE_GREATERTHAN" or "COMPARE_GREATERTHANOREQUALTO" => FolderFilter.OfTime(ms - SlackMs, long.MaxValue),
            _ => FolderFilter.Everything,
        };
    }

    private static string Mirrored(string comparison) => comparison switch
    {
        "COMPARE_LESSTHAN" => "COMPARE_GREATERTHAN",
        "COMPARE_LESSTHANOREQUALTO" => "COMPARE_GREATERTHANOREQUALTO",
        "COMPARE_GREATERTHAN" => "COMPARE_LESSTHAN",
        "COMPARE_GREATERTHANOREQUALTO" => "COMPARE_LESSTHANOREQUALTO",
        _ => comparison,
    };

    // The column's name where it is certainly dt, hour or the time of the reference.
    private static string? Column(JsonNode? node, Reference reference, bool alone)
    {
        if (node is not JsonObject o || Text(o, "type") != "COLUMN_REF" || o["column_names"] is not JsonArray names)
            return null;
        string[] parts = [.. names.Select(name => name!.GetValue<string>().ToLowerInvariant())];
        bool own = parts.Length == 1 ? alone : parts.Length == 2 && parts[0] == reference.Alias.ToLowerInvariant();
        string column = parts[^1];
        return own && (column is "dt" or "hour" || column == WarehouseViews.TimeColumn(reference.View)) ? column : null;
    }

    private void Need(string view, FolderFilter filter) => byView[view] = byView.TryGetValue(view, out FolderFilter other) ? other.Or(filter) : filter;

    private static string? View(JsonObject table)
        => Text(table, "schema_name") is null or "" && Text(table, "table_name")?.ToLowerInvariant() is { } name && WarehouseViews.IsView(name) ? name : null;

    private static IEnumerable<JsonObject> Children(JsonObject expression) => (expression["children"] as JsonArray ?? []).OfType<JsonObject>();

    private static string? Text(JsonObject o, string name) => o[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
