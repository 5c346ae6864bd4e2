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
        var sql = new Argument<string>("SQL") { Description = "A statement of DuckDB's SQL over the views " + string.Join(", ", WarehouseViews.Names) };
        var webHdfs = OptionOf.WebHdfs("URL of an HDFS; else the running system's, else the newest system's");
        var root = OptionOf.Warehouse();
        var csv = new Option<bool>("--csv") { Description = "CSV with a header line" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Command("query", "SQL over what landed in HDFS") { sql, webHdfs, root, csv, json };
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
        using var session = new SqlSession(source.Hdfs, root, source.CacheFolder, Console.Error.WriteLine);
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
