using System.CommandLine;
using System.Diagnostics;
using Game.Cli.Cluster;
using Game.Cli.Processes;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary>
/// <c>./game status</c>: shows the processes that run, their addresses and the state of a cluster. Exit code 3 when nothing runs, 4 when a process has ended.
/// </summary>
internal static class StatusVerb
{
    private const int NothingRuns = 3;
    private const int PartRuns = 4;

    /// <summary>A cluster without a controller elects one within a session's time.</summary>
    private static readonly TimeSpan ControllerTimeout = Brokers.SessionTimeout + TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ReadInterval = TimeSpan.FromMilliseconds(200);

    public static Command Create()
    {
        Command command = new("status", "Show what runs and where it listens");
        command.SetAction((_, _) => RunAsync());
        return command;
    }

    public static async Task WriteAsync(SystemFolder folder, RunningSystem running)
    {
        Table table = new Table().AddColumn("process").AddColumn("id").AddColumn("");
        foreach (RunningProcess process in running.Processes)
        {
            table.AddRow(process.Name, process.Id.ToString(), process.IsAlive ? "runs" : "[red]has ended[/]");
        }

        AnsiConsole.Write(table);
        if (Brokers.AreCluster(running))
        {
            await WriteClusterAsync(running.Endpoints);
        }

        // People copy addresses and paths: each is written whole, on its own line.
        Write(Brokers.AreCluster(running) ? "bootstrap servers" : "bootstrap server", running.Endpoints.BootstrapServers);
        Write("WebHDFS", running.Endpoints.WebHdfs);
        Write("game servers", [.. running.Endpoints.GameServers]);
        IEnumerable<string> brokers = (running.Endpoints.MetricsOfBrokers ?? []).Select(address => "http://" + address);
        Write("metrics", [.. running.Endpoints.Detectors.Append(running.Endpoints.Sink).Concat(brokers).Select(url => url + "/metrics")]);
        Write("folder", folder.Path);
    }

    private static void Write(string name, params string[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Console.WriteLine($"{(i == 0 ? name : ""),-17} {values[i]}");
        }
    }

    private static async Task WriteClusterAsync(Endpoints endpoints)
    {
        using ClusterReader reader = new(endpoints, "status");
        long began = Stopwatch.GetTimestamp();
        ClusterState? found = await reader.ReadAsync();
        while (found is null && Stopwatch.GetElapsedTime(began) < ControllerTimeout)
        {
            await Task.Delay(ReadInterval);
            found = await reader.ReadAsync();
        }

        if (found is not { } state)
        {
            Write("cluster", "has no controller that answers");
            return;
        }

        Table table = new Table().AddColumn("broker").AddColumn("rack").AddColumn("leads").AddColumn("in sync").AddColumn("");
        foreach (BrokerState broker in state.Brokers)
        {
            table.AddRow($"{broker.Id}", Brokers.RackOf(broker.Id), $"{broker.Leads}", $"{broker.InSync} of {broker.Replicas}",
                broker.Id == state.Controller ? "controller" : "");
        }

        AnsiConsole.Write(table);
        Write("cluster", state.Summary);
    }

    private static async Task<int> RunAsync()
    {
        if (SystemFolder.Active() is not { } folder || folder.Running() is not { } running)
        {
            Console.WriteLine("Nothing runs; ./game up or ./game demo --keep starts the system.");
            return NothingRuns;
        }

        await WriteAsync(folder, running);
        return running.Processes.All(process => process.IsAlive) ? 0 : PartRuns;
    }
}
