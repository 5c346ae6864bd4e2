using System.CommandLine;
using Game.Analysis.Shell;
using Game.Analysis.Sql;
using Game.Cli.Processes;

namespace Game.Cli.Verbs;

/// <summary><c>./game shell</c>: queries one after the other, with a history that outlives the session.</summary>
internal static class ShellVerb
{
    public static Command Create()
    {
        Option<string?> webHdfs = OptionOf.WebHdfs("URL of an HDFS; else the running system's, else the newest system's");
        Option<string?> root = OptionOf.Warehouse();
        Command command = new("shell", "Interactive SQL over what landed in HDFS") { webHdfs, root };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(webHdfs), parsed.GetValue(root)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string? webHdfs, string root, CancellationToken cancellation)
    {
        await using WarehouseSource source = await WarehouseSource.OpenAsync(webHdfs, Console.Error.WriteLine, cancellation);
        using SqlSession session = new(source.Hdfs, root, source.CacheFolder, Console.Error.WriteLine);
        using IShellInput input = Console.IsInputRedirected ? new PipeInput(Console.In) : new TerminalInput(SystemFolder.Root);
        if (!Console.IsInputRedirected)
        {
            Console.WriteLine($"Views: {string.Join(", ", WarehouseViews.Names)}; end with ;, leave by exit.");
        }
        await new SqlShell(session, input, Outcome.Sentence).RunAsync(cancellation);
        return 0;
    }
}
