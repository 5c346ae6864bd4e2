using System.CommandLine;
using Game.Cli.Query;

namespace Game.Cli.Verbs;

/// <summary>
/// <c>./game shell</c>: queries one after the other, with a history that outlives the session. Statements end with a semicolon or an empty line. Ctrl-C gives up the statement
/// that is typed or runs; "exit", Ctrl-D, or Ctrl-C where there is none, leaves.
/// </summary>
internal static class ShellVerb
{
    private const string Prompt = "sql> ";
    private const string FurtherPrompt = "  -> ";

    public static Command Create()
    {
        var webHdfs = OptionOf.WebHdfs("URL of an HDFS; else the running system's, else the newest system's");
        var root = OptionOf.Warehouse();
        var command = new Command("shell", "Interactive SQL over what landed in HDFS") { webHdfs, root };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(webHdfs), parsed.GetValue(root)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? webHdfs, string root, CancellationToken cancellation)
    {
        await using WarehouseSource source = await WarehouseSource.OpenAsync(webHdfs, Console.Error.WriteLine, cancellation);
        using var warehouse = new Warehouse(source.Hdfs, root, source.CacheFolder, Console.Error.WriteLine);
        using IShellInput input = Console.IsInputRedirected ? new PipeInput(Console.In) : new TerminalInput();
        if (!Console.IsInputRedirected)
            Console.WriteLine($"Views: {string.Join(", ", WarehouseViews.Names)}; end with ;, leave by exit.");
        while (await ReadStatementAsync(input, cancellation) is { } statement)
        {
            if (statement.Length > 0)
                await ShowAsync(warehouse, input, statement, cancellation);
        }

        return 0;
    }

    private static async Task ShowAsync(Warehouse warehouse, IShellInput input, string statement, CancellationToken cancellation)
    {
        try
        {
            await input.WhileAsync(stop => warehouse.QueryAsync(statement, reader => ResultWriter.Write(reader, ResultFormat.Table, Console.Out), stop), cancellation);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted");
        }
        catch (Exception e) when (Outcome.Sentence(e) is { } sentence)
        {
            await Console.Error.WriteLineAsync(sentence); // the next statement may do better
        }
    }

    /// <returns>Empty where one was given up; null at the end.</returns>
    private static async Task<string?> ReadStatementAsync(IShellInput input, CancellationToken cancellation)
    {
        string statement = "";
        while (true)
        {
            (Typing end, string line) = await input.ReadLineAsync(statement.Length == 0 ? Prompt : FurtherPrompt, cancellation);
            if (end == Typing.Interrupted)
                return statement.Length + line.Length > 0 ? "" : null;
            if (end == Typing.Ended)
                return statement.Length > 0 ? statement : null;
            if (statement.Length == 0 && line.Trim().TrimEnd(';') is "exit" or "quit")
                return null;
            statement = (statement + "\n" + line).Trim();
            if (line.Trim().Length == 0 || statement.EndsWith(';'))
                return statement.TrimEnd(';');
        }
    }
}
