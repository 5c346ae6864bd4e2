using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using DuckDB.NET.Native;
using Game.Analysis.Results;

namespace Game.Analysis.Sql;

/// <summary>What DuckDB knows of a statement before it runs: its kind, and the columns that it returns.</summary>
/// <param name="Kind">Any number of <c>duckdb_statement_type</c>, also one without a name here.</param>
/// <param name="Columns">The columns of its rows; for a statement without rows, one column for a count or for success.</param>
internal sealed record StatementShape(StatementKind Kind, IReadOnlyList<ResultColumn> Columns)
{
    /// <summary>Whether it returns rows: a statement without rows returns one column of this name and type to DuckDB's clients.</summary>
    public bool HasRows => Kind == StatementKind.Select || Columns is not [{ Name: "Count" or "Success", Type.IsPlain: true }];

    /// <summary>Binds a statement, which finds out that a table or column does not exist.</summary>
    /// <param name="database">The database with its tables.</param>
    /// <param name="statement">One statement.</param>
    /// <exception cref="UserErrorException">It is not SQL, or a name in it does not exist.</exception>
    public static StatementShape Of(DuckDBConnection database, string statement)
    {
        using DuckDBExtractedStatements extracted = StatementParser.Extract(database, statement, out _);
        return Of(database, extracted, index: 0);
    }

    /// <summary>Binds the last of the statements that DuckDB makes of one, such as a PIVOT; runs the ones before it.</summary>
    public static StatementShape OfLast(DuckDBConnection database, string statement)
    {
        using DuckDBExtractedStatements extracted = StatementParser.Extract(database, statement, out int count);
        for (int index = 0; index < count - 1; index++)
        {
            Run(database, extracted, index);
        }

        return Of(database, extracted, count - 1);
    }

    private static StatementShape Of(DuckDBConnection database, DuckDBExtractedStatements extracted, int index)
    {
        using DuckDBPreparedStatement prepared = Prepare(database, extracted, index);
        if (Native.ParameterCount(prepared) > 0)
        {
            throw new UserErrorException("The statement has parameters ($1, $name or ?): write their values into it.");
        }

        int columns = checked((int)Native.ColumnCount(prepared));
        return new StatementShape(Native.KindOf(prepared), [.. Enumerable.Range(0, columns).Select(column => Column(prepared, (ulong)column))]);
    }

    private static void Run(DuckDBConnection database, DuckDBExtractedStatements extracted, int index)
    {
        using DuckDBPreparedStatement prepared = Prepare(database, extracted, index);
        DuckDBState state = NativeMethods.PreparedStatements.DuckDBExecutePrepared(prepared, out DuckDBResult result);
        string error = state == DuckDBState.Error ? NativeMethods.Query.DuckDBResultError(ref result) : "";
        NativeMethods.Query.DuckDBDestroyResult(ref result);
        if (state == DuckDBState.Error)
        {
            throw new UserErrorException(error.Trim());
        }
    }

    private static DuckDBPreparedStatement Prepare(DuckDBConnection database, DuckDBExtractedStatements extracted, int index)
    {
        DuckDBState state = NativeMethods.ExtractStatements.DuckDBPrepareExtractedStatement(
            database.NativeConnection, extracted, index, out DuckDBPreparedStatement prepared);
        if (state == DuckDBState.Success)
        {
            return prepared;
        }

        string error = NativeMethods.PreparedStatements.DuckDBPrepareError(prepared);
        prepared.Dispose();
        throw new UserErrorException(error.Trim());
    }

    private static ResultColumn Column(DuckDBPreparedStatement prepared, ulong column)
    {
        nint name = Native.ColumnName(prepared, column);
        string text = Marshal.PtrToStringUTF8(name) ?? "";
        NativeMethods.Helpers.DuckDBFree(name);
        return new ResultColumn(text, TypeReader.ReadAndRelease(Native.ColumnType(prepared, column)));
    }
}
