using System.Text.Json.Nodes;

namespace Game.Analysis.Sql;

/// <summary>
/// Finds, in DuckDB's own parse of a query, the conditions that folders must meet for each view. It uses only the parts of a WHERE clause, joined by AND and
/// OR, that consist of dt, hour and constants, or compare the view's time with these. A query without such a part needs all folders.
/// </summary>
/// <param name="functions">The names in lower case of functions that return the same for the same arguments during a statement.</param>
internal sealed class QueryConditions(Lazy<IReadOnlySet<string>> functions)
{
    private readonly Dictionary<string, List<FolderCondition>?> _byView = [];
    private readonly HashSet<JsonNode> _withCondition = [];

    /// <summary>
    /// The views that the statements read, each with the conditions of which a folder must meet one, or with null where the view needs all folders.
    /// </summary>
    public static IReadOnlyDictionary<string, List<FolderCondition>?> Of(JsonNode serialized, Lazy<IReadOnlySet<string>> functions)
    {
        QueryConditions conditions = new(functions);
        conditions.Walk(serialized);
        return conditions._byView;
    }

    private void Walk(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (JsonNode? item in array)
            {
                Walk(item);
            }
        }
        else if (node is JsonObject o)
        {
            if (Text(o, "type") == "SELECT_NODE")
            {
                ReadSelect(o);
            }
            if (Text(o, "type") == "BASE_TABLE" && !_withCondition.Contains(o) && View(o) is { } view)
            {
                AddCondition(view, null);
            }
            foreach ((_, JsonNode? child) in o)
            {
                Walk(child);
            }
        }
    }

    private void ReadSelect(JsonObject select)
    {
        // DuckDB draws a sample before it applies the condition.
        if (select["sample"] is not null || select["where_clause"] is not JsonObject where)
        {
            return;
        }
        List<JsonObject> tables = [];
        if (CollectTables(select["from_table"] as JsonObject, tables) is not { } plain)
        {
            return;
        }
        foreach (JsonObject table in tables.Where(table => View(table) is not null && table["sample"] is null
            && table["column_name_alias"] is not JsonArray { Count: > 0 }))
        {
            string alias = Text(table, "alias") is { Length: > 0 } given ? given : Text(table, "table_name")!;
            ConditionReader reading = new(alias, WarehouseViews.TimeColumn(View(table)!), plain && tables.Count == 1, functions);
            _withCondition.Add(table);
            AddCondition(View(table)!, reading.Needed(where) is { } needed ? new FolderCondition(alias, needed) : null);
        }
    }

    // True where the FROM clause consists of base tables and joins of them only; null where it has a join of another kind (ASOF, POSITIONAL …), whose result
    // changes when rows are left out.
    private static bool? CollectTables(JsonObject? from, List<JsonObject> tables)
    {
        switch (from is null ? null : Text(from, "type"))
        {
            case "BASE_TABLE":
                tables.Add(from!);
                return true;
            case "JOIN":
                if (Text(from!, "ref_type") is not ("REGULAR" or "NATURAL" or "CROSS"))
                {
                    return null;
                }
                bool? left = CollectTables(from!["left"] as JsonObject, tables), right = CollectTables(from["right"] as JsonObject, tables);
                return left is null || right is null ? null : left.Value && right.Value;
            default:
                return false;
        }
    }

    private void AddCondition(string view, FolderCondition? condition)
    {
        if (condition is null)
        {
            _byView[view] = null;
        }
        else if (!_byView.TryGetValue(view, out List<FolderCondition>? others))
        {
            _byView[view] = [condition];
        }
        else
        {
            others?.Add(condition);
        }
    }

    private static string? View(JsonObject table)
    {
        bool ours = Text(table, "catalog_name") is null or "" or "memory" && Text(table, "schema_name") is null or "" or "main" or "memory";
        return ours && Text(table, "table_name")?.ToLowerInvariant() is { } name && WarehouseViews.IsView(name) ? name : null;
    }

    private static string? Text(JsonObject o, string name) => o[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
