using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;

namespace Game.Analysis.Sql;

/// <summary>Finds the views that a statement reads, and the conditions that it sets on their folders.</summary>
internal static partial class StatementNeeds
{
    private const int TimeoutMs = 1000;

    // Statements that do not read the rows of the views that they name.
    [GeneratedRegex(@"^\s*(describe|desc|show|prepare|create\s+(or\s+replace\s+)?(temp\s+|temporary\s+)?(view|macro|function))\b",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeoutMs)]
    private static partial Regex Definition();

    // Functions of DuckDB that read a table whose name is given as a text.
    [GeneratedRegex(@"\bquery(_table)?\s*\(", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeoutMs)]
    private static partial Regex NamesAsText();

    /// <summary>
    /// The views that a statement reads, each with the conditions of which a folder must meet one, or with null where the view needs all folders.
    /// </summary>
    /// <param name="database">The database that will run it.</param>
    /// <param name="statement">One correct statement.</param>
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

        // Statements that DuckDB cannot write as JSON (PIVOT, SUMMARIZE, INSERT …), and definitions that read a view, need all files of the views they name.
        string definitions = UsedDefinitions(database, statement);
        string names = !isSelect || NamesAsText().IsMatch(statement + definitions) ? statement + definitions : definitions;
        foreach (string view in WarehouseViews.Names.Where(view => names.Contains(view, StringComparison.OrdinalIgnoreCase)))
        {
            needs[view] = null;
        }

        return needs;
    }

    /// <summary>The functions of which all overloads are scalar and return the same for the same arguments during a statement.</summary>
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
