using System.CommandLine;
using Game.Cli.Processes;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game status</c>: what runs and where it listens. Exit code 3 when nothing runs, 4 when a part of it has ended.</summary>
internal static class StatusVerb
{
    private const int NothingRuns = 3;
    private const int PartRuns = 4;

    public static Command Create()
    {
        var command = new Command("status", "Show what runs and where it listens");
        command.SetAction(_ => Run());
        return command;
    }

    public static void Write(IAnsiConsole console, SystemFolder folder, RunningSystem running)
    {
        var table = new Table().AddColumn("process").AddColumn("id").AddColumn("");
        foreach (RunningProcess process in running.Processes)
            table.AddRow(process.Name, process.Id.ToString(), SystemFolder.IsAlive(process) ? "runs" : "[red]has ended[/]");
        console.Write(table);
        console.WriteLine($"bootstrap server  {running.Endpoints.BootstrapServers}");
        console.WriteLine($"WebHDFS           {running.Endpoints.WebHdfs}");
        console.WriteLine($"game servers      {string.Join(' ', running.Endpoints.GameServers)}");
        console.WriteLine($"metrics           {string.Join(' ', running.Endpoints.Detectors.Append(running.Endpoints.Sink).Select(url => url + "/metrics"))}{(running.Endpoints.BrokerMetrics is { } broker ? $" http://{broker}/metrics" : "")}");
        console.WriteLine($"folder            {folder.Path}");
    }

    private static int Run()
    {
        if (SystemFolder.Newest() is not { } folder || folder.Running() is not { } running)
        {
            AnsiConsole.WriteLine("Nothing runs; ./game up or ./game demo --keep starts the system.");
            return NothingRuns;
        }

        Write(AnsiConsole.Console, folder, running);
        return running.Processes.All(SystemFolder.IsAlive) ? 0 : PartRuns;
    }
}
