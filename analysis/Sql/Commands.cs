using System.Text.Json;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;

namespace Game.Analysis.Sql;

/// <summary>Short ways to run SQL of this program's own.</summary>
internal static class Commands
{
    /// <summary>Of JSON that holds a statement: DuckDB itself takes expressions of depth 1,000, and each level is some levels of JSON.</summary>
    public const int MaxDepth = 10_000;

    public static void Execute(this DuckDBConnection database, string sql)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <param name="database">Where to run it.</param>
    /// <param name="sql">With $1 where the parameter goes.</param>
    /// <param name="parameter">A text.</param>
    public static string Text(this DuckDBConnection database, string sql, string parameter)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add(new DuckDBParameter(parameter));
        return (string)command.ExecuteScalar()!;
    }

    /// <summary>The parsed JSON of such a text; expressions lie deep in it.</summary>
    public static JsonNode Json(this DuckDBConnection database, string sql, string parameter)
        => JsonNode.Parse(database.Text(sql, parameter), documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth })!;

    /// <summary>All rows of a query.</summary>
    public static List<T> Rows<T>(this DuckDBConnection database, string sql, Func<DuckDBDataReader, T> read)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
