using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Game.Cli.Cluster;
using Game.Cli.Demo;
using Game.Cli.Display;
using Game.Cli.Processes;
using Game.Cli.Report;
using Game.Simulator.Load;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game demo</c>.</summary>
internal static class DemoVerb
{
    public static Command Create()
    {
        Option<double> seconds = OptionOf.Positive("--seconds", "Length of the live part", 60, OptionOf.MaxSeconds);
        Option<int> players = OptionOf.Players("Simulated players");
        Option<double> rate = OptionOf.Positive("--rate", "Actions a second", 500, OptionOf.MaxRate);
        Option<int> seed = OptionOf.Seed("Seed of the simulated world");
        Option<int> partitions = OptionOf.Whole("--partitions", "Partitions of player-events", 4, 1, OptionOf.MaxPartitions);
        Option<Transport> transport = OptionOf.Transport();
        Option<bool> noKill = new("--no-kill") { Description = "Kill no detector and no broker" };
        Option<bool> keep = new("--keep") { Description = "Leave everything running until ./game down" };
        Option<string?> report = OptionOf.Report("Write the report as JSON to this file");
        Option<string?> bootstrap = OptionOf.Bootstrap("HOST:PORT of an outside Kafka, instead of the game's broker");
        Option<string?> webHdfs = OptionOf.WebHdfs("URL of an outside HDFS, instead of the local WebHDFS server");
        Option<bool> cluster = OptionOf.Cluster(bootstrap);
        Command command = new(SystemFolder.Demo, "Run the whole system on this machine under load; the report shows whether anything was lost")
        {
            cluster, seconds, players, rate, seed, partitions, transport, noKill, keep, report, bootstrap, webHdfs,
        };
        command.Validators.Add(result =>
        {
            // By the words: a value that cannot be read is refused by its own option, and has no value here.
            bool isShort = result.GetResult(seconds) is { Implicit: false, Tokens: [{ Value: string text }] }
                && double.TryParse(text, CultureInfo.InvariantCulture, out double given) && given < BrokerFaults.MinSeconds;
            if (isShort && IsOn(result.GetResult(cluster)) && !IsOn(result.GetResult(noKill)))
            {
                result.AddError($"With --cluster a broker is killed and another one paused, for which --seconds must be {BrokerFaults.MinSeconds} or more; --no-kill leaves both alone.");
            }
        });
        command.SetAction(async (parsed, cancellation) => ExitCode(await RunAsync(new DemoOptions
        {
            Seconds = parsed.GetValue(seconds),
            Players = parsed.GetValue(players),
            Rate = parsed.GetValue(rate),
            Seed = parsed.GetValue(seed),
            Partitions = parsed.GetValue(partitions),
            Transport = parsed.GetValue(transport),
            Kill = !parsed.GetValue(noKill),
            Cluster = parsed.GetValue(cluster),
            Keep = parsed.GetValue(keep),
            Report = parsed.GetValue(report),
            BootstrapServers = parsed.GetValue(bootstrap),
            WebHdfs = parsed.GetValue(webHdfs),
        }, cancellation)));
        return command;
    }

    /// <summary>Runs a demo; also the measurement of the whole path.</summary>
    public static async Task<DemoReport> RunAsync(DemoOptions options, CancellationToken cancellation)
    {
        await using FileStream systemLock = SystemLock.Acquire();
        if (SystemFolder.Active()?.Running() is { } running)
        {
            throw new UserErrorException($"A system is running already ({running.Processes.Count} processes): ./game status shows it, ./game down ends it.");
        }
        if (options.Cluster)
        {
            Brokers.RequirePackages();
        }

        using ReportFile? file = ReportFile.Open(options.Report);
        TimeProvider time = TimeProvider.System;
        SystemFolder folder = SystemFolder.Create(SystemFolder.Demo, time.GetLocalNow());
        await using GameSystem system = new(folder, new SystemOptions(options.Partitions, options.BootstrapServers, options.WebHdfs, options.Cluster));
        DemoState state = new(time);
        DemoReport? report = null;
        DemoRun run = new(options, system, state, time);
        Dashboard dashboard = new(AnsiConsole.Console, new DemoBoard(state, time), time);
        await Outcome.RunAndReportInterruptAsync(() => dashboard.ShowWhileAsync(async () => report = await run.RunAsync(cancellation)), cancellation);

        string json = report!.ToJson();
        folder.Finish(json);
        ReportText.Write(AnsiConsole.Console, report);
        Console.Write(run.Results);
        if (file is not null)
        {
            await file.WriteAsync(json, cancellation);
        }

        if (options.Keep)
        {
            system.Keep();
            system.SaveRunning();
        }

        ReportText.WriteEnd(AnsiConsole.Console, report, options.WebHdfs, options.Keep, folder.RemoveOldDemos());
        return report;
    }

    public static int ExitCode(DemoReport report) => report.Audit.Ok ? 0 : 1;

    private static bool IsOn(OptionResult? flag) => flag is { Implicit: false } && !flag.Tokens.Any(token => token.Value == "false");
}
