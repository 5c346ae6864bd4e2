using System.CommandLine;
using Game.Cli.Processes;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game status</c>: shows the processes that run and their addresses. Exit code 3 when nothing runs, 4 when a process has ended.</summary>
internal static class StatusVerb
{
    private const int NothingRuns = 3;
    private const int PartRuns = 4;

    public static Command Create()
    {
        Command command = new("status", "Show what runs and where it listens");
        command.SetAction(_ => Run());
        return command;
    }

    public static void Write(SystemFolder folder, RunningSystem running)
    {
        Table table = new Table().AddColumn("process").AddColumn("id").AddColumn("");
        foreach (RunningProcess process in running.Processes)
        {
            table.AddRow(process.Name, process.Id.ToString(), process.IsAlive ? "runs" : "[red]has ended[/]");
        }

        AnsiConsole.Write(table);
        // People copy addresses and paths: each is written whole, on its own line.
        Write("bootstrap server", running.Endpoints.BootstrapServers);
        Write("WebHDFS", running.Endpoints.WebHdfs);
        Write("game servers", [.. running.Endpoints.GameServers]);
        string[] broker = running.Endpoints.BrokerMetrics is { } address ? [$"http://{address}/metrics"] : [];
        Write("metrics", [.. running.Endpoints.Detectors.Append(running.Endpoints.Sink).Select(url => url + "/metrics"), .. broker]);
        Write("folder", folder.Path);
    }

    private static void Write(string name, params string[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Console.WriteLine($"{(i == 0 ? name : ""),-17} {values[i]}");
        }
    }

    private static int Run()
    {
        if (SystemFolder.Active() is not { } folder || folder.Running() is not { } running)
        {
            Console.WriteLine("Nothing runs; ./game up or ./game demo --keep starts the system.");
            return NothingRuns;
        }

        Write(folder, running);
        return running.Processes.All(process => process.IsAlive) ? 0 : PartRuns;
    }
}
