using System.Globalization;
using DuckDB.NET.Data;
using Game.Analysis.Results;

namespace Game.Analysis.Sql;

/// <summary>Runs a statement whose views are ready.</summary>
/// <param name="database">Where they are.</param>
/// <param name="statement">One statement.</param>
/// <param name="shape">What it gives, the same with and without rows in the views.</param>
internal sealed class StatementRun(DuckDBConnection database, string statement, StatementShape shape)
{
    /// <exception cref="UserErrorException">It gives values that cannot be shown.</exception>
    /// <exception cref="DuckDBException">It fails.</exception>
    public void Show(IResultOutput output, CancellationToken cancellation)
    {
        // DuckDB makes two statements of a PIVOT, and only once the first has run are the second one's columns known.
        StatementShape last = StatementParser.Count(database, statement) > 1 ? StatementShape.OfLast(database, statement) : shape;
        string rows = ColumnSql.Rows(statement, last.Columns, output.Form);
        if (last.Kind == StatementKind.Select && StatementParser.Parses(database, rows))
        {
            ShowRows(rows, last, output, isConverted: true, cancellation);
        }
        else if (last.HasRows)
        {
            RequirePlain(last);
            ShowRows(statement, last, output, isConverted: false, cancellation);
        }
        else
        {
            output.Say(Done(last.Kind, Run(cancellation)));
        }
    }

    private void ShowRows(string sql, StatementShape last, IResultOutput output, bool isConverted, CancellationToken cancellation)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true; // rows are made as they are read: who reads only the first need not wait for all, nor hold them
        using CancellationTokenRegistration registration = cancellation.Register(command.Cancel);
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.FieldCount == 0 && reader.NextResult())
        {
            // What stands before the last of a PIVOT's statements gives nothing.
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

    // Only what stands in a FROM clause can be turned into text by DuckDB; of the rest the client gives the values.
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
