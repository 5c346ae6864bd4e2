using System.CommandLine;
using Game.Analysis.Results;
using Game.Analysis.Sql;
using Game.Cli.Processes;

namespace Game.Cli.Verbs;

/// <summary><c>./game query "SQL"</c>.</summary>
internal static class QueryVerb
{
    public static Command Create()
    {
        Argument<string> sql = new("SQL") { Description = "A statement of DuckDB's SQL over the views " + string.Join(", ", WarehouseViews.Names) };
        Option<string?> webHdfs = OptionOf.WebHdfs("URL of an HDFS; else the running system's, else the newest system's");
        Option<string?> root = OptionOf.Warehouse();
        Option<bool> csv = new("--csv") { Description = "CSV with a header line" };
        Option<bool> json = new("--json") { Description = "One JSON object a line" };
        Command command = new("query", "SQL over what landed in HDFS") { sql, webHdfs, root, csv, json };
        command.SetAction((parsed, cancellation) =>
        {
            ResultFormat format = parsed.GetValue(csv) ? ResultFormat.Csv : parsed.GetValue(json) ? ResultFormat.Json : ResultFormat.Table;
            return RunAsync(parsed.GetValue(sql)!, parsed.GetValue(webHdfs), parsed.GetValue(root)!, format, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(string sql, string? webHdfs, string root, ResultFormat format, CancellationToken cancellation)
    {
        await using WarehouseSource source = await WarehouseSource.OpenAsync(webHdfs, Console.Error.WriteLine, cancellation);
        using SqlSession session = new(source.Hdfs, root, source.CacheFolder, Console.Error.WriteLine);
        if (format == ResultFormat.Table)
        {
            await session.QueryAsync(sql, reader => ResultWriter.Write(reader, format, Console.Out), cancellation);
            return 0;
        }

        try
        {
            await using StreamWriter output = StandardOutput.OpenWriter();
            await session.QueryAsync(sql, reader => ResultWriter.Write(reader, format, output), cancellation);
        }
        catch (OutputClosedException)
        {
            // Who reads has enough.
        }

        return 0;
    }
}
