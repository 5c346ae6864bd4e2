using System.Globalization;
using DuckDB.NET.Data;
using Game.Analysis.Results;

namespace Game.Analysis.Sql;

/// <summary>Runs a statement after its views were created.</summary>
/// <param name="database">The database with the views.</param>
/// <param name="statement">One statement.</param>
/// <param name="shape">Its kind and columns, the same with and without rows in the views.</param>
/// <param name="checkAfterRun">Called when a statement without rows has run, before its message is shown; may throw.</param>
internal sealed class StatementRun(DuckDBConnection database, string statement, StatementShape shape, Action checkAfterRun)
{
    /// <exception cref="UserErrorException">It returns values that cannot be shown.</exception>
    /// <exception cref="DuckDBException">The statement fails.</exception>
    public void Show(IResultOutput output, CancellationToken cancellation)
    {
        // DuckDB makes two statements of a PIVOT; the columns of the second are known only after the first has run.
        StatementShape last = StatementParser.Count(database, statement) > 1 ? StatementShape.OfLast(database, statement) : shape;
        string sql = ColumnSql.Rows(statement, last.Columns, output.Form);
        if (last.Kind == StatementKind.Select && StatementParser.Parses(database, sql))
        {
            ShowRows(sql, last, output, isConverted: true, cancellation);
        }
        else if (last.HasRows)
        {
            RequirePlain(last);
            ShowRows(statement, last, output, isConverted: false, cancellation);
        }
        else
        {
            int rows = Run(cancellation);
            checkAfterRun();
            output.ShowMessage(Done(last.Kind, rows));
        }
    }

    private void ShowRows(string sql, StatementShape last, IResultOutput output, bool isConverted, CancellationToken cancellation)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true; // DuckDB produces rows while they are read: the first rows appear early, and not all are in memory
        using CancellationTokenRegistration registration = cancellation.Register(command.Cancel);
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.FieldCount == 0 && reader.NextResult())
        {
            // Only the last of a PIVOT's statements returns rows.
        }

        cancellation.ThrowIfCancellationRequested();
        output.Show(new ResultRows(reader, [.. last.Columns.Select(column => column.Name)], output.Form, isConverted));
    }

    private int Run(CancellationToken cancellation)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = statement;
        using CancellationTokenRegistration registration = cancellation.Register(command.Cancel);
        return command.ExecuteNonQuery();
    }

    // DuckDB can turn only statements that may stand in a FROM clause into text; the values of others come from its client for .NET.
    private static void RequirePlain(StatementShape last)
    {
        if (last.Columns.FirstOrDefault(column => !column.Type.IsPlain) is { } other)
        {
            throw new UserErrorException($"The column {other.Name} has a type that only a SELECT can show: "
                + "cast it to varchar here, or let the statement write into a table and select from that.");
        }
    }

    private static string Done(StatementKind kind, int rows) => kind switch
    {
        StatementKind.Insert => Rows("inserted", rows),
        StatementKind.Update => Rows("updated", rows),
        StatementKind.Delete => Rows("deleted", rows),
        StatementKind.Copy => Rows("copied", rows),
        StatementKind.Create => "Created.",
        StatementKind.Alter => "Altered.",
        StatementKind.Drop => "Dropped.",
        StatementKind.Set => "Set.",
        StatementKind.Prepare => "Prepared.",
        StatementKind.Load => "Loaded.",
        StatementKind.Attach => "Attached.",
        StatementKind.Detach => "Detached.",
        _ => "Done.",
    };

    private static string Rows(string what, int rows) => string.Create(CultureInfo.InvariantCulture, $"{rows} row{(rows == 1 ? "" : "s")} {what}.");
}
