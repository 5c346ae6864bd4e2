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
        Argument<string> sql = new("SQL") { Description = "Statements of DuckDB's SQL, ended by ;, over the views " + string.Join(", ", WarehouseViews.Names) };
        Option<string?> webHdfs = OptionOf.WebHdfs("URL of an HDFS; else the running system's, else the newest system's");
        Option<string> root = OptionOf.Warehouse();
        Option<bool> csv = new("--csv") { Description = "CSV with a header line" };
        Option<bool> json = new("--json") { Description = "One JSON object a line" };
        Command command = new("query", "SQL over the rows in HDFS") { sql, webHdfs, root, csv, json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(csv) && result.GetValue(json))
            {
                result.AddError("--csv and --json exclude each other: give one of them.");
            }
        });
        command.SetAction((parsed, cancellation) =>
        {
            ResultForm form = parsed.GetValue(csv) ? ResultForm.Csv : parsed.GetValue(json) ? ResultForm.Json : ResultForm.Table;
            return RunAsync(parsed.GetValue(sql)!, parsed.GetValue(webHdfs), parsed.GetRequiredValue(root), form, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(string sql, string? webHdfs, string root, ResultForm form, CancellationToken cancellation)
    {
        await using WarehouseSource source = await WarehouseSource.OpenAsync(webHdfs, Console.Error.WriteLine, cancellation);
        using SqlSession session = await SqlSession.OpenAsync(source.Hdfs, root, source.CacheFolder, Console.Error.WriteLine, cancellation);
        try
        {
            await using StreamWriter output = StandardOutput.OpenWriter();
            await session.RunAsync(sql, new ResultWriter(form, output, OutputScreen.Width, Console.Error.WriteLine), cancellation);
        }
        catch (OutputClosedException)
        {
            // The reader has closed the pipe (as head does): it has read enough.
        }

        return 0;
    }
}
