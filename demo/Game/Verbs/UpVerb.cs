using System.CommandLine;
using Confluent.Kafka;
using Game.Cli.Demo;
using Game.Cli.Processes;
using Game.Cli.Report;
using Game.Cli.Display;
using Game.Contracts;
using Game.Simulator.World;
using Game.WebHdfs;
using Spectre.Console;
using Geography = Game.Worlds.Geography;

namespace Game.Cli.Verbs;

/// <summary><c>./game up</c>: starts the system without a load and leaves it running, with the data of the newest system that up has started.</summary>
internal static class UpVerb
{
    private const int DefaultPartitions = 4;

    private sealed record Options(int? Partitions, bool Fresh, int? HistoryDays, int Players, string? BootstrapServers, string? WebHdfs, bool Cluster);

    public static Command Create()
    {
        Option<int?> partitions = OptionOf.Whole("--partitions", $"Partitions of player-events; they never change [{DefaultPartitions}]",
            1, OptionOf.MaxPartitions);
        Option<bool> fresh = new("--fresh") { Description = "Begin with an empty system; the earlier data stays where it is" };
        Option<int?> history = OptionOf.Whole("--history", "Begin with this many days of simulated play, which detectors compare with", 1, History.MaxDays);
        history.HelpName = "DAYS";
        Option<int> players = OptionOf.Players("Players of that play");
        Option<string?> bootstrap = OptionOf.Bootstrap("HOST:PORT of an outside Kafka");
        Option<string?> webHdfs = OptionOf.WebHdfs("URL of an outside HDFS");
        Option<bool> cluster = OptionOf.Cluster(bootstrap);
        Command command = new(SystemFolder.Up, "Start the system, with its earlier data if it has any, and keep it running until ./game down")
        {
            cluster, partitions, fresh, history, players, bootstrap, webHdfs,
        };
        command.SetAction((parsed, cancellation) => RunAsync(new Options(parsed.GetValue(partitions), parsed.GetValue(fresh), parsed.GetValue(history),
            parsed.GetValue(players), parsed.GetValue(bootstrap), parsed.GetValue(webHdfs), parsed.GetValue(cluster)), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(Options options, CancellationToken cancellation)
    {
        await using FileStream systemLock = SystemLock.Acquire();
        if (SystemFolder.Active() is not null)
        {
            throw new UserErrorException("A system is running already: ./game status shows it, ./game down ends it.");
        }

        SystemFolder? before = options.Fresh ? null : SystemFolder.NewestOf(SystemFolder.Up);
        if (before is not null && options.HistoryDays is not null)
        {
            throw new UserErrorException(
                "The system has data already, and history must come first: ./game up --fresh --history DAYS begins with an empty system.");
        }

        SystemOptions wanted = Wanted(options, before?.SavedOptions);
        TimeProvider time = TimeProvider.System;
        SystemFolder folder = before ?? SystemFolder.Create(SystemFolder.Up, time.GetLocalNow());
        await using GameSystem system = new(folder, wanted);
        DemoState state = new(time);
        Dashboard dashboard = new(AnsiConsole.Console, new StartBoard(state), time);
        await Outcome.RunAndReportInterruptAsync(() => dashboard.ShowWhileAsync(() => StartAsync(system, state, options, cancellation)), cancellation);
        system.Keep();
        folder.SaveOptions(system.Options);
        folder.BecomeNewest();
        foreach (string removed in folder.RemoveUnfinished())
        {
            Console.WriteLine($"removed {removed}, which never started");
        }

        await StatusVerb.WriteAsync(folder, folder.Running()!);
        if (before is not null)
        {
            Console.WriteLine("It continues with its earlier data; ./game up --fresh begins with an empty system.");
        }

        WriteNext(options, isFresh: before is null);
        return 0;
    }

    private static async Task StartAsync(GameSystem system, DemoState state, Options options, CancellationToken cancellation)
    {
        using IAdminClient admin = new AdminClientBuilder(ClientSettings.Admin(system.Endpoints.BootstrapServers, "up")).SetLogHandler((_, _) => { }).Build();
        using WebHdfsClient hdfs = new(system.Hdfs);
        state.Phase = $"starting {system.Stores}";
        await system.StartStoresAsync(admin, hdfs, state.Report, cancellation);
        if (options.HistoryDays is { } days)
        {
            using GroupProgress progress = new(system.Endpoints.BootstrapServers);
            if (await progress.HoldsAnythingAsync(system.Topics[Topics.PlayerEvents]))
            {
                throw new UserErrorException(
                    $"The topic {Topics.PlayerEvents} at {system.Endpoints.BootstrapServers} is not empty, and history must come first: leave --history out, or use another cluster.");
            }

            // The default seed of ./game simulate: the players that it simulates have this history.
            GameWorld world = new(OptionOf.DefaultSeed, options.Players, new Geography());
            await new HistoryLoad(system, state).RunAsync(new History(world, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), days), cancellation);
        }

        state.Phase = "starting detectors, filter, sink and game servers";
        await system.StartApplicationsAsync(cancellation);
    }

    private static void WriteNext(Options options, bool isFresh)
    {
        string players = options.HistoryDays is not null && options.Players != OptionOf.DefaultPlayers ? $" --players {options.Players}" : "";
        Console.WriteLine("Next:");
        Console.WriteLine($"  ./game simulate --seconds 20{players}");
        Console.WriteLine($"  ./game query \"{Suggestions.AlertsByRule}\"");
        Console.WriteLine("  ./game status");
        if (isFresh && options.HistoryDays is null)
        {
            Console.WriteLine("The detectors know no player yet, so no login is unusual to them. To begin with history:");
            Console.WriteLine("  ./game down && ./game up --fresh --history 7");
        }
    }

    // The data of the earlier system may be in an outside Kafka or HDFS.
    private static SystemOptions Wanted(Options options, SystemOptions? before)
    {
        string? bootstrap = options.BootstrapServers ?? before?.BootstrapServers;
        if (options.Cluster && before is { Cluster: false })
        {
            throw new UserErrorException("The system with data here has no cluster of its own: ./game up --fresh --cluster begins with an empty system.");
        }

        bool isCluster = bootstrap is null && (before?.Cluster ?? options.Cluster);
        if (isCluster)
        {
            Brokers.RequirePackages();
        }

        return new SystemOptions(Partitions(options.Partitions, before), bootstrap, options.WebHdfs ?? before?.WebHdfs, isCluster);
    }

    private static int Partitions(int? wanted, SystemOptions? before)
    {
        int existing = before?.Partitions ?? wanted ?? DefaultPartitions;
        if (wanted is { } other && other != existing)
        {
            throw new UserErrorException(
                $"The system has {existing} partitions, and they never change: leave --partitions out, or begin with an empty system with --fresh.");
        }

        return existing;
    }
}
