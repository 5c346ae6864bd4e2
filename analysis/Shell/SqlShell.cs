using Game.Analysis.Results;
using Game.Analysis.Sql;
using Game.Contracts;

namespace Game.Analysis.Shell;

/// <summary>
/// Reads statements, each up to the semicolon that ends it, and runs them one after another. At a terminal the shell continues after an error; Ctrl-C discards
/// the statement that is typed or cancels the one that runs; "exit", Ctrl-D, or Ctrl-C on an empty line ends the shell. A script ends at its first error.
/// </summary>
/// <param name="session">Runs the statements.</param>
/// <param name="input">Reads the lines.</param>
/// <param name="output">Shows the results.</param>
/// <param name="errors">Receives a sentence for each error.</param>
/// <param name="sentenceOf">Returns the sentence for an exception.</param>
internal sealed class SqlShell(SqlSession session, IShellInput input, IResultOutput output, TextWriter errors, Func<Exception, string> sentenceOf)
{
    private const string Prompt = "sql> ";
    private const string FurtherPrompt = "  -> ";

    /// <returns>The exit code: 0, or 1 where a script failed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        string pending = "";
        while (true)
        {
            (Typing end, string line) = await input.ReadLineAsync(pending.Length == 0 ? Prompt : FurtherPrompt, cancellation);
            if (end == Typing.Ended)
            {
                return await RunLastAsync(pending, cancellation) ? 0 : 1;
            }

            if (IsLeft(end, pending, line))
            {
                return 0;
            }

            pending = end == Typing.Interrupted ? "" : pending + line + "\n";
            if (!pending.Contains(';', StringComparison.Ordinal))
            {
                pending = string.IsNullOrWhiteSpace(pending) ? "" : pending;
                continue;
            }

            if (await RunCompleteAsync(pending, cancellation) is { } rest)
            {
                pending = StatementParser.IsEmpty(session.Database, rest) ? "" : rest;
            }
            else if (input.IsScript)
            {
                return 1;
            }
            else
            {
                pending = "";
            }
        }
    }

    private static bool IsLeft(Typing end, string pending, string line) => end == Typing.Interrupted
        ? pending.Length + line.Length == 0
        : pending.Length == 0 && line.Trim().TrimEnd(';') is "exit" or "quit";

    // Runs all statements that end with a semicolon and returns the rest of the text; null where one failed.
    private async Task<string?> RunCompleteAsync(string text, CancellationToken cancellation)
    {
        while (StatementParser.TryRemoveFirst(session.Database, ref text, out string? statement))
        {
            if (!await RunLastAsync(statement, cancellation))
            {
                return null;
            }
        }

        return text;
    }

    private async Task<bool> RunLastAsync(string statement, CancellationToken cancellation)
    {
        if (StatementParser.IsEmpty(session.Database, statement))
        {
            return true;
        }

        try
        {
            await input.RunInterruptiblyAsync(stop => session.RunAsync(statement, output, stop), cancellation);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            await errors.WriteLineAsync("interrupted");
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Also after a bug the shell continues: its temporary tables are work.
            await errors.WriteLineAsync(VisibleText.EscapeLines(sentenceOf(e)));
        }

        return false;
    }
}
