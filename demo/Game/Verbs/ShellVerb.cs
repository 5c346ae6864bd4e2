using System.CommandLine;
using Game.Analysis.Results;
using Game.Analysis.Shell;
using Game.Analysis.Sql;
using Game.Cli.Processes;

namespace Game.Cli.Verbs;

/// <summary><c>./game shell</c>: runs statements one after the other, from a terminal, with a history that stays after the session, or from a script.</summary>
internal static class ShellVerb
{
    public static Command Create()
    {
        Option<string?> webHdfs = OptionOf.WebHdfs("URL of an HDFS; else the running system's, else the newest system's");
        Option<string> root = OptionOf.Warehouse();
        const string Description = "Interactive SQL over the rows in HDFS; statements end with ;. A script (./game shell < FILE) stops at its first error, "
            + "with exit code 1";
        Command command = new("shell", Description) { webHdfs, root };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(webHdfs), parsed.GetRequiredValue(root), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? webHdfs, string root, CancellationToken cancellation)
    {
        await using WarehouseSource source = await WarehouseSource.OpenAsync(webHdfs, Console.Error.WriteLine, cancellation);
        using SqlSession session = await SqlSession.OpenAsync(source.Hdfs, root, source.CacheFolder, Console.Error.WriteLine, cancellation);
        using IShellInput input = Console.IsInputRedirected ? new PipeInput(Console.In) : new TerminalInput(SystemFolder.Root);
        if (!input.IsScript)
        {
            Console.WriteLine($"Views: {string.Join(", ", WarehouseViews.Names)}.");
            Console.WriteLine("End a statement with ;, leave with exit.");
        }

        ResultWriter output = new(ResultForm.Table, Console.Out, OutputScreen.Width, Console.Out.WriteLine);
        return await new SqlShell(session, input, output, Console.Error, SentenceOf).RunAsync(cancellation);

        static string SentenceOf(Exception e) => Outcome.Sentence(e) ?? Outcome.Unexpected(e, ["shell"]);
    }
}
