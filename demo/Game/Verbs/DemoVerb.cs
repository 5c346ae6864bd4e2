using System.CommandLine;
using Game.Cli.Demo;
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
        var seconds = new Option<double>("--seconds") { Description = "Length of the live part [60]", DefaultValueFactory = _ => 60 };
        var players = new Option<int>("--players") { Description = "Simulated players [2000]", DefaultValueFactory = _ => 2000 };
        var rate = new Option<double>("--rate") { Description = "Actions a second [500]", DefaultValueFactory = _ => 500 };
        var seed = new Option<int>("--seed") { Description = "Decides the whole world [1]", DefaultValueFactory = _ => 1 };
        var partitions = new Option<int>("--partitions") { Description = "Partitions of player-events [4]", DefaultValueFactory = _ => 4 };
        var transport = new Option<Transport>("--transport") { Description = "http, ws or mixed [mixed]", DefaultValueFactory = _ => Transport.Mixed };
        var noKill = new Option<bool>("--no-kill") { Description = "Leave the detectors alone" };
        var keep = new Option<bool>("--keep") { Description = "Leave everything running until ./game down" };
        var report = new Option<string?>("--report") { Description = "Write the report as JSON to this file" };
        var bootstrap = new Option<string?>("--bootstrap-server") { Description = "HOST:PORT of an outside Kafka, instead of a broker of ours" };
        var webHdfs = new Option<string?>("--webhdfs") { Description = "URL of an outside HDFS, instead of the local WebHDFS server" };
        var command = new Command("demo", "The whole system on this machine, played for a while, with a report that proves nothing was lost")
        {
            seconds, players, rate, seed, partitions, transport, noKill, keep, report, bootstrap, webHdfs,
        };
        Positive(seconds);
        Positive(rate);
        players.Validators.Add(result => Require(result.GetValueOrDefault<int>() is >= 50 and <= 1_000_000, result.AddError, "--players takes 50 to 1,000,000."));
        partitions.Validators.Add(result => Require(result.GetValueOrDefault<int>() is >= 1 and <= 1000, result.AddError, "--partitions takes 1 to 1,000."));
        command.SetAction((parsed, cancellation) => RunAsync(new DemoOptions
        {
            Seconds = parsed.GetValue(seconds),
            Players = parsed.GetValue(players),
            Rate = parsed.GetValue(rate),
            Seed = parsed.GetValue(seed),
            Partitions = parsed.GetValue(partitions),
            Transport = parsed.GetValue(transport),
            Kill = !parsed.GetValue(noKill),
            Keep = parsed.GetValue(keep),
            Report = parsed.GetValue(report),
            BootstrapServers = parsed.GetValue(bootstrap),
            WebHdfs = parsed.GetValue(webHdfs),
        }, cancellation));
        return command;
    }

    /// <summary>Runs a demo; also the measurement of the whole path.</summary>
    public static async Task<int> RunAsync(DemoOptions options, CancellationToken cancellation)
    {
        await using FileStream only = SystemLock.Take();
        if (SystemFolder.Newest()?.Running() is { } running)
            throw new UserErrorException($"A system is running already ({running.Processes.Count} processes): ./game status shows it, ./game down ends it.");
        TimeProvider time = TimeProvider.System;
        SystemFolder folder = SystemFolder.Create("demo", time.GetLocalNow());
        await using var system = new GameSystem(folder, new SystemOptions(options.Partitions, options.BootstrapServers, options.WebHdfs));
        var state = new DemoState();
        DemoReport? report = null;
        var run = new DemoRun(options, system, state, time);
        await new Dashboard(AnsiConsole.Console, state).ShowWhileAsync(async () => report = await run.RunAsync(cancellation));
        string json = report!.ToJson();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "report.json"), json, cancellation);
        if (options.Report is { } file)
            await File.WriteAllTextAsync(file, json, cancellation);
        ReportText.Write(AnsiConsole.Console, report);
        AnsiConsole.Console.Write(new Text(run.Results));
        if (options.Keep)
        {
            system.Keep();
            system.Note();
        }

        ReportText.WriteEnd(AnsiConsole.Console, report, options.Keep);
        return report.Audit.Ok ? 0 : 1;
    }

    private static void Positive(Option<double> option)
        => option.Validators.Add(result => Require(result.GetValueOrDefault<double>() is > 0 and <= 1_000_000, result.AddError, $"{option.Name} takes a number above 0."));

    private static void Require(bool holds, Action<string> addError, string sentence)
    {
        if (!holds)
            addError(sentence);
    }
}
