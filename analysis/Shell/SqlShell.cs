using Game.Analysis.Results;
using Game.Analysis.Sql;

namespace Game.Analysis.Shell;

/// <summary>
/// Queries one after the other. Statements end with a semicolon or an empty line. Ctrl-C gives up the statement that is typed or runs; "exit", Ctrl-D, or
/// Ctrl-C where there is
/// none, leaves.
/// </summary>
/// <param name="sentenceOf">What to tell somebody about an exception; null where it is a mistake of the program.</param>
internal sealed class SqlShell(SqlSession session, IShellInput input, Func<Exception, string?> sentenceOf)
{
    private const string Prompt = "sql> ";
    private const string FurtherPrompt = "  -> ";

    public async Task RunAsync(CancellationToken cancellation)
    {
        while (await ReadStatementAsync(cancellation) is { } statement)
        {
            if (statement.Length > 0)
            {
                await ShowAsync(statement, cancellation);
            }
        }
    }

    private async Task ShowAsync(string statement, CancellationToken cancellation)
    {
        try
        {
            await input.WhileAsync(stop => session.QueryAsync(statement, reader => ResultWriter.Write(reader, ResultFormat.Table, Console.Out), stop),
                cancellation);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted");
        }
        catch (Exception e) when (sentenceOf(e) is { } sentence)
        {
            await Console.Error.WriteLineAsync(sentence); // the next statement may do better
        }
    }

    /// <returns>Empty where one was given up; null at the end.</returns>
    private async Task<string?> ReadStatementAsync(CancellationToken cancellation)
    {
        string statement = "";
        while (true)
        {
            (Typing end, string line) = await input.ReadLineAsync(statement.Length == 0 ? Prompt : FurtherPrompt, cancellation);
            if (end == Typing.Interrupted)
            {
                return statement.Length + line.Length > 0 ? "" : null;
            }
            if (end == Typing.Ended)
            {
                return statement.Length > 0 ? statement : null;
            }
            if (statement.Length == 0 && line.Trim().TrimEnd(';') is "exit" or "quit")
            {
                return null;
            }
            statement = (statement + "\n" + line).Trim();
            if (line.Trim().Length == 0 || statement.EndsWith(';'))
            {
                return statement.TrimEnd(';');
            }
        }
    }
}
