using System.CommandLine;
using DuckDB.NET.Data;
using Game.Cli.Processes;
using Game.Cli.Query;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game shell</c>: queries one after the other, with a history that outlives the session. Statements end with a semicolon or an empty line; "exit" or Ctrl-D ends it.</summary>
internal static class ShellVerb
{
    private const int HistoryKept = 500;

    public static Command Create()
    {
        var webHdfs = new Option<string?>("--webhdfs") { Description = "URL of an HDFS; else the running system's, else the newest demo's folder" };
        var root = new Option<string>("--warehouse") { Description = $"Folder in HDFS [{SystemOptions.Warehouse}]", DefaultValueFactory = _ => SystemOptions.Warehouse };
        var command = new Command("shell", "Interactive SQL over what landed in HDFS") { webHdfs, root };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(webHdfs), parsed.GetValue(root)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? webHdfs, string root, CancellationToken cancellation)
    {
        await using WarehouseSource source = await WarehouseSource.OpenAsync(webHdfs, cancellation);
        using var warehouse = new Warehouse(source.Hdfs, root, source.CacheFolder, Console.Error.WriteLine);
        Func<CancellationToken, Task<string?>> readLine = Console.IsInputRedirected ? ReadPipeAsync : Editor();
        while (await ReadStatementAsync(readLine, cancellation) is { } statement)
        {
            if (statement.Length > 0)
                await ShowAsync(warehouse, statement, cancellation);
        }

        return 0;
    }

    private static async Task ShowAsync(Warehouse warehouse, string statement, CancellationToken cancellation)
    {
        try
        {
            await using DuckDBDataReader reader = await warehouse.QueryAsync(statement, cancellation);
            ResultWriter.Write(reader, ResultFormat.Table, Console.Out);
        }
        catch (UserErrorException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }
    }

    private static async Task<string?> ReadStatementAsync(Func<CancellationToken, Task<string?>> readLine, CancellationToken cancellation)
    {
        string statement = "";
        while (await readLine(cancellation) is { } line)
        {
            if (statement.Length == 0 && line.Trim() is "exit" or "quit")
                return null;
            statement = (statement + "\n" + line).Trim();
            if (line.Trim().Length == 0 || statement.EndsWith(';'))
                return statement.TrimEnd(';');
        }

        return statement.Length > 0 ? statement : null;
    }

    private static async Task<string?> ReadPipeAsync(CancellationToken cancellation) => await Console.In.ReadLineAsync(cancellation);

    private static Func<CancellationToken, Task<string?>> Editor()
    {
        string file = Path.Combine(SystemFolder.Root, "history");
        List<string> history = File.Exists(file) ? [.. File.ReadLines(file).TakeLast(HistoryKept)] : [];
        AnsiConsole.WriteLine($"Views: {string.Join(", ", WarehouseViews.Names)}. A statement ends with ; and \"exit\" leaves.");
        return async cancellation =>
        {
            string? line = await Task.Run(() => Edit(history), cancellation);
            if (!string.IsNullOrWhiteSpace(line))
            {
                history.Add(line);
                await File.AppendAllTextAsync(file, line + "\n", cancellation);
            }

            return line;
        };
    }

    private static string? Edit(List<string> history)
    {
        var editor = new LineEditor(history);
        while (true)
        {
            Console.Write($"\r\e[Ksql> {editor.Text}\r\e[{"sql> ".Length + editor.Cursor}C");
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            if (key.Key != ConsoleKey.Enter && editor.Apply(key))
                continue;
            Console.WriteLine();
            return key.Key == ConsoleKey.Enter ? editor.Text : null;
        }
    }
}
