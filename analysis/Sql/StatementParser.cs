using System.Diagnostics.CodeAnalysis;
using DuckDB.NET.Data;
using DuckDB.NET.Native;

namespace Game.Analysis.Sql;

/// <summary>Splits a text into statements with DuckDB's parser: a semicolon within quotes or a comment does not end a statement.</summary>
internal static class StatementParser
{
    private const string Unterminated = "Parser Error: unterminated";

    // A syntax error everywhere but within quotes or a comment.
    private const string Nonsense = ")]}";

    /// <summary>The statements of a text, without their semicolons.</summary>
    /// <exception cref="UserErrorException">One is not SQL, or there is none.</exception>
    public static IReadOnlyList<string> Split(DuckDBConnection database, string text)
    {
        List<string> statements = [];
        string rest = text;
        while (TryRemoveFirst(database, ref rest, out string? statement))
        {
            statements.Add(statement);
        }

        statements = [.. statements.Append(rest).Where(statement => Count(database, statement) > 0)];
        return statements.Count > 0 ? statements : throw new UserErrorException("The text holds no SQL statement.");
    }

    /// <summary>Removes the first statement from a text, with its semicolon.</summary>
    /// <param name="database">The database whose parser is used.</param>
    /// <param name="text">Becomes the rest of the text.</param>
    /// <param name="statement">The statement without the semicolon; it may be empty, or not SQL.</param>
    /// <returns>False where no semicolon ends a statement.</returns>
    public static bool TryRemoveFirst(DuckDBConnection database, ref string text, [NotNullWhen(true)] out string? statement)
    {
        for (int end = text.IndexOf(';', StringComparison.Ordinal); end >= 0; end = text.IndexOf(';', end + 1))
        {
            if (IsEnd(database, text[..end]))
            {
                (statement, text) = (text[..end].Trim(), text[(end + 1)..]);
                return true;
            }
        }

        statement = null;
        return false;
    }

    /// <summary>Whether a text has only spaces and complete comments.</summary>
    public static bool IsEmpty(DuckDBConnection database, string text)
    {
        using DuckDBExtractedStatements extracted = TryExtract(database, text, out int count);
        return count == 0 && Error(extracted) is null;
    }

    /// <summary>Whether a text is SQL.</summary>
    public static bool Parses(DuckDBConnection database, string text)
    {
        using DuckDBExtractedStatements extracted = TryExtract(database, text, out _);
        return Error(extracted) is null;
    }

    /// <summary>How many statements DuckDB makes of a text; it makes two of a PIVOT.</summary>
    /// <exception cref="UserErrorException">The text is not SQL.</exception>
    public static int Count(DuckDBConnection database, string text)
    {
        using DuckDBExtractedStatements extracted = TryExtract(database, text, out int count);
        return Error(extracted) is { } error ? throw new UserErrorException(error) : count;
    }

    /// <summary>The statements of a text, for DuckDB's library.</summary>
    /// <param name="database">The database whose parser is used.</param>
    /// <param name="text">One statement or several.</param>
    /// <param name="count">How many DuckDB makes of them, at least one.</param>
    /// <exception cref="UserErrorException">The text is not SQL, or there is no statement.</exception>
    public static DuckDBExtractedStatements Extract(DuckDBConnection database, string text, out int count)
    {
        DuckDBExtractedStatements extracted = TryExtract(database, text, out count);
        if (count > 0)
        {
            return extracted;
        }

        string error = Error(extracted) ?? "The text holds no SQL statement.";
        extracted.Dispose();
        throw new UserErrorException(error);
    }

    // The parser is asked again with text that is a syntax error. Within a comment this does not change its answer, but on the next line it does. After an
    // earlier syntax error it changes neither; then the statement may end here.
    private static bool IsEnd(DuckDBConnection database, string before)
    {
        string error = Fault(database, before);
        bool isQuoted = error.StartsWith(Unterminated, StringComparison.Ordinal);
        bool isComment = error == Fault(database, before + Nonsense) && error != Fault(database, before + "\n" + Nonsense);
        return !isQuoted && !isComment;
    }

    // The first line of the error, without the quotation of the text; empty where there is no error.
    private static string Fault(DuckDBConnection database, string text)
    {
        using DuckDBExtractedStatements extracted = TryExtract(database, text, out _);
        return (Error(extracted) ?? "").Split('\n')[0];
    }

    private static DuckDBExtractedStatements TryExtract(DuckDBConnection database, string text, out int count)
    {
        count = NativeMethods.ExtractStatements.DuckDBExtractStatements(database.NativeConnection, text, out DuckDBExtractedStatements extracted);
        return extracted;
    }

    private static string? Error(DuckDBExtractedStatements extracted)
        => NativeMethods.ExtractStatements.DuckDBExtractStatementsError(extracted) is { Length: > 0 } error ? error.Trim() : null;
}
