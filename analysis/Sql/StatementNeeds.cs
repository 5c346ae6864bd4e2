using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;

namespace Game.Analysis.Sql;

/// <summary>Finds which views a statement reads, and with which conditions on their folders.</summary>
internal static partial class StatementNeeds
{
    private const int TimeoutMs = 1000;

    // Its rows are not read, or not yet.
    [GeneratedRegex(@"^\s*(describe|desc|show|prepare|create\s+(or\s+replace\s+)?(temp\s+|temporary\s+)?(view|macro|function))\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeoutMs)]
    private static partial Regex Definition();

    // Functions of DuckDB that read a table whose name is a text.
    [GeneratedRegex(@"\bquery(_table)?\s*\(", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeoutMs)]
    private static partial Regex NamesAsText();

    /// <summary>The views that it reads; with the conditions of which a folder must fulfil one, or null where all folders are needed.</summary>
    /// <param name="database">Where it will run.</param>
    /// <param name="statement">One statement without a mistake.</param>
    /// <param name="kind">What it does.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<FolderCondition>?> Of(DuckDBConnection database, string statement, StatementKind kind)
    {
        if (kind == StatementKind.Prepare || Definition().IsMatch(statement))
        {
            return new Dictionary<string, IReadOnlyList<FolderCondition>?>();
        }

        Dictionary<string, IReadOnlyList<FolderCondition>?> needs = new();
        JsonNode parsed = database.Json("select json_serialize_sql($1::varchar)::varchar", statement);
        bool isSelect = !parsed["error"]!.GetValue<bool>();
        if (isSelect)
        {
            Lazy<IReadOnlySet<string>> functions = new(() => StableFunctions(database));
            foreach ((string view, List<FolderCondition>? conditions) in QueryConditions.Of(parsed, functions))
            {
                needs[view] = conditions;
            }
        }

        // What DuckDB cannot put into JSON (PIVOT, SUMMARIZE, INSERT …), and what reads a view by another name, needs all files of the views it names.
        string definitions = UsedDefinitions(database, statement);
        string names = !isSelect || NamesAsText().IsMatch(statement + definitions) ? statement + definitions : definitions;
        foreach (string view in WarehouseViews.Names.Where(view => names.Contains(view, StringComparison.OrdinalIgnoreCase)))
        {
            needs[view] = null;
        }

        return needs;
    }

    /// <summary>Functions all of whose forms are scalar and give the same for the same arguments all through a statement.</summary>
    public static HashSet<string> StableFunctions(DuckDBConnection database)
        => [.. database.Rows(
            """
            select function_name from duckdb_functions() group by all
            having bool_and(function_type = 'scalar' and stability <> 'VOLATILE')
            """, reader => reader.GetString(0))];

    // The texts of the user's own views, macros and prepared statements that a statement names, and of those that these name.
    private static string UsedDefinitions(DuckDBConnection database, string statement)
    {
        List<(string Name, string Sql)> unused = database.Rows(
            """
            select view_name, sql from duckdb_views() where not internal
            union all select function_name, macro_definition from duckdb_functions() where not internal and macro_definition is not null
            union all select name, statement from duckdb_prepared_statements()
            """, reader => (reader.GetString(0), reader.GetString(1)));
        unused.RemoveAll(one => WarehouseViews.IsView(one.Name));
        string used = "";
        while (unused.FindIndex(one => (statement + used).Contains(one.Name, StringComparison.OrdinalIgnoreCase)) is >= 0 and int next)
        {
            used += "\n" + unused[next].Sql;
            unused.RemoveAt(next);
        }

        return used;
    }
}
