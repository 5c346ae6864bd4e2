using System.Text.Json;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;

namespace Game.Analysis.Sql;

/// <summary>Runs SQL that this program itself writes.</summary>
internal static class Commands
{
    /// <summary>The greatest depth of JSON that holds a statement: DuckDB allows expressions of depth 1,000, each of which is several levels of JSON.</summary>
    public const int MaxDepth = 10_000;

    public static void Execute(this DuckDBConnection database, string sql)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a query that returns one text.</summary>
    /// <param name="database">Runs the query.</param>
    /// <param name="sql">The query, with $1 in the place of the parameter.</param>
    /// <param name="parameter">The value of $1.</param>
    public static string Text(this DuckDBConnection database, string sql, string parameter)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        command.Parameters.Add(new DuckDBParameter(parameter));
        return (string)command.ExecuteScalar()!;
    }

    /// <summary>Runs a query that returns one text of JSON, and parses the JSON.</summary>
    public static JsonNode Json(this DuckDBConnection database, string sql, string parameter)
        => JsonNode.Parse(database.Text(sql, parameter), documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth })!;

    /// <summary>Runs a query and reads all its rows.</summary>
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
