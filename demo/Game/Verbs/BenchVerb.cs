using System.CommandLine;
using System.Diagnostics;
using Game.Cli.Bench;
using Game.Cli.Demo;
using Game.Cli.Processes;
using Game.Cli.Report;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game bench broker|detector|path</c>.</summary>
internal static class BenchVerb
{
    private const double EventToAlertAimMs = 10;

    /// <summary>Enough campaigns for hundreds of alerts, so that the 99th percentile means something.</summary>
    private const int PlayersPerCampaignOfPath = 20;

    /// <summary>A broker keeps files open for each partition; with more, their number and not the session is measured.</summary>
    private const int MaxIdlePartitions = 20_000;

    public static Command Create() => new("bench", "Measurements; docs/performance.md says how they are made") { Broker(), Detector(), PathBench() };

    private static Command Broker()
    {
        Option<string?> peer = OptionOf.Checked("--peer", "Compare with one Apache Kafka broker of the peers folder: 3.9 or 4.2", "VERSION",
            text => text is "3.9" or "4.2" ? null : $"--peer takes 3.9 or 4.2, not '{text}'.");
        Option<string?> against = OptionOf.Bootstrap("HOST:PORT of a running broker to compare with; needs --pid", "--against");
        Option<int?> pid = OptionOf.Whole("--pid", "Process id of that broker", 1, int.MaxValue);
        Option<int> rounds = OptionOf.Whole("--rounds", "Rounds", 3, 1, 1000);
        Option<double> seconds = OptionOf.Positive("--seconds", "Length of each measurement", 10, OptionOf.MaxSeconds);
        Option<double> warmUp = OptionOf.Positive("--warm-up", "Warm-up of each broker, seconds", 30, OptionOf.MaxSeconds);
        Option<double> rate = OptionOf.Positive("--rate", "Records a second of the latency load", 5000, OptionOf.MaxRate);
        Option<int> idle = OptionOf.Whole("--idle-partitions", "Partitions of a fetch session; 0: do not measure it", 2000, 0, MaxIdlePartitions);
        Option<string?> report = OptionOf.Report("Write the figures as JSON");
        Command command = new("broker", "Produce, consume and latency of the broker, alone or beside another")
        {
            peer, against, pid, rounds, seconds, warmUp, rate, idle, report,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetResult(against) is null) != (result.GetResult(pid) is null))
            {
                result.AddError("--against and --pid belong together: the process's CPU and memory are measured.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            using ReportFile? file = ReportFile.Open(parsed.GetValue(report));
            BenchOptions options = new(parsed.GetValue(warmUp), parsed.GetValue(seconds), parsed.GetValue(rounds), parsed.GetValue(rate),
                parsed.GetValue(idle));
            await using FileStream systemLock = SystemLock.Acquire();
            SystemFolder folder = SystemFolder.Scratch("bench");
            List<IBrokerUnderTest> brokers = new();
            try
            {
                brokers.Add(await OwnBroker.StartAsync(folder.Path, cancellation));
                if (parsed.GetValue(peer) is { } version)
                {
                    brokers.Add(await PeerBroker.StartAsync(version, folder.Path, cancellation));
                }
                if (parsed.GetValue(against) is { } address)
                {
                    brokers.Add(new RunningBroker(address, parsed.GetValue(pid)!.Value));
                }
                BrokerBenchReport result = await new BrokerBench(options, brokers, Console.WriteLine).RunAsync(cancellation);
                BrokerBench.Write(AnsiConsole.Console, result);
                if (file is not null)
                {
                    await file.WriteAsync(BrokerBench.ToJson(result), cancellation);
                }
            }
            finally
            {
                foreach (IBrokerUnderTest broker in brokers)
                {
                    await broker.DisposeAsync();
                }
            }

            folder.Remove();
            return 0;
        });
        return command;
    }

    private static Command Detector()
    {
        Option<string?> report = OptionOf.Report("Write the figures as JSON");
        Command command = new("detector", "Events per second and core of the detector, in process") { report };
        command.SetAction(async (parsed, cancellation) =>
        {
            string program = Path.Combine(SystemFolder.Programs, "detector", "detector");
            using Process process = Process.Start(program, parsed.GetValue(report) is { } file ? ["bench", "--report", file] : ["bench"]);
            await using (cancellation.Register(() => Signals.Terminate(process.Id)))
            {
                await process.WaitForExitAsync(CancellationToken.None);
            }

            return cancellation.IsCancellationRequested ? Outcome.Interrupted : process.ExitCode;
        });
        return command;
    }

    private static Command PathBench()
    {
        Option<double> rate = OptionOf.Positive("--rate", "Actions a second, each about two events", 2500, OptionOf.MaxRate);
        Option<int> players = OptionOf.Whole("--players", "Simulated players", 5000, OptionOf.MinPlayers, OptionOf.MaxPlayers);
        Option<double> seconds = OptionOf.Positive("--seconds", "Length of the measured part", 60, OptionOf.MaxSeconds);
        Option<double> warmUp = OptionOf.Positive("--warm-up", "Length of the play before it, seconds", 30, OptionOf.MaxSeconds);
        Option<string?> report = OptionOf.Report("Write the demo's report as JSON");
        Command command = new("path", "The whole path from a player's action to the alert, without a kill") { rate, players, seconds, warmUp, report };
        command.SetAction(async (parsed, cancellation) =>
        {
            DemoReport result = await DemoVerb.RunAsync(Options(parsed), cancellation);
            double p99 = result.Latency.EventToAlert.P99Ms;
            Console.WriteLine(
                $"Aim: event → alert p99 of at most {EventToAlertAimMs} ms at 5,000 events/s: {p99:F2} ms "
                + $"over {result.Latency.EventToAlert.Count} alerts at {result.Rates.EventsPerSecond:N0} events/s, "
                + $"{(p99 <= EventToAlertAimMs ? "reached" : "not reached")}.");
            return DemoVerb.ExitCode(result);
        });
        return command;

        DemoOptions Options(ParseResult parsed) => new()
        {
            Rate = parsed.GetValue(rate),
            Players = parsed.GetValue(players),
            Seconds = parsed.GetValue(seconds),
            WarmUp = parsed.GetValue(warmUp),
            Report = parsed.GetValue(report),
            Transport = Simulator.Load.Transport.Ws,
            Kill = false,
            PlayersPerCampaign = PlayersPerCampaignOfPath,
        };
    }
}
