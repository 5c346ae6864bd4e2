using System.CommandLine;
using System.Diagnostics;
using Game.Cli.Bench;
using Game.Cli.Demo;
using Game.Cli.Processes;
using Game.Cli.Report;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game bench broker|cluster|detector|path</c>.</summary>
internal static class BenchVerb
{
    private const double EventToAlertAimMs = 10;

    /// <summary>Enough campaigns for hundreds of alerts, so that the 99th percentile means something.</summary>
    private const int PlayersPerCampaignOfPath = 20;

    /// <summary>A broker keeps files open for each partition; with more, their number and not the session is measured.</summary>
    private const int MaxIdlePartitions = 20_000;

    /// <summary>The longest session that the peers' ZooKeeper grants.</summary>
    private const int MaxSessionSeconds = 10;

    /// <summary>A broker of Apache keeps a file open for each replica, and one process may open some 20,000 here.</summary>
    private const int MaxClusterPartitions = 15_000;

    public static Command Create() => new("bench", "Measurements; docs/performance.md says how they are made") { Broker(), Cluster(), Detector(), PathBench() };

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
            await InScratchAsync(async newFolder =>
            {
                string folder = newFolder();
                List<IUnderTest> brokers =
                [
                    new OwnBrokers(folder, BrokersWanted.One),
                    .. parsed.GetValue(peer) is { } version ? [new PeerBrokers(version, folder, BrokersWanted.One)] : (IUnderTest[])[],
                    .. parsed.GetValue(against) is { } address ? [new RunningBroker(address, parsed.GetValue(pid)!.Value)] : (IUnderTest[])[],
                ];
                try
                {
                    foreach (IUnderTest broker in brokers)
                    {
                        await broker.StartAsync(cancellation);
                    }
                    BrokerBenchReport result = await new BrokerBench(options, brokers, Console.WriteLine).RunAsync(cancellation);
                    result.Write(AnsiConsole.Console);
                    await (file?.WriteAsync(result.ToJson(), cancellation) ?? Task.CompletedTask);
                }
                finally
                {
                    foreach (IUnderTest broker in brokers)
                    {
                        await broker.DisposeAsync();
                    }
                }
            }, cancellation);
            return 0;
        });
        return command;
    }

    private static Command Cluster()
    {
        Option<string?> peer = OptionOf.Checked("--peer", "Compare with three of Apache Kafka of the peers folder: 3.9", "VERSION",
            text => text is "3.9" ? null : $"--peer takes 3.9, not '{text}': of the peers only that one runs on ZooKeeper.");
        Option<int> rounds = OptionOf.Whole("--rounds", "Turns of each cluster, which is started anew for each", 3, 1, 1000);
        Option<double> seconds = OptionOf.Positive("--seconds", "Length of each measurement", 10, OptionOf.MaxSeconds);
        Option<double> warmUp = OptionOf.Positive("--warm-up", "Warm-up of each turn, seconds", 30, OptionOf.MaxSeconds);
        Option<double> rate = OptionOf.Positive("--rate", "Records a second of the first latency load", 500, OptionOf.MaxRate);
        Option<double> busyRate = OptionOf.Positive("--busy-rate", "Records a second of the second latency load", 5000, OptionOf.MaxRate);
        Option<int> kills = OptionOf.Whole("--kills", "Killed leaders of each cluster over all rounds; 0: none", 20, 0, 1000);
        Option<int> session = OptionOf.Whole("--session-timeout", "Seconds that ZooKeeper waits for a silent broker", 6, 1, MaxSessionSeconds);
        Option<int> partitions = OptionOf.Whole("--partitions", "Partitions to create and fail over, RF 1 and RF 3; 0: none", 0, 0, MaxClusterPartitions);
        Option<string?> report = OptionOf.Report("Write the figures as JSON");
        Command command = new("cluster", $"{Brokers.ClusterSize} brokers on ZooKeeper, alone or beside others: loads, leaders killed")
        {
            peer, rounds, seconds, warmUp, rate, busyRate, kills, session, partitions, report,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            Brokers.RequirePackages();
            using ReportFile? file = ReportFile.Open(parsed.GetValue(report));
            BrokersWanted wanted = BrokersWanted.Cluster(TimeSpan.FromSeconds(parsed.GetValue(session)));
            List<Contender> contenders = [new(OwnBrokers.OwnName, folder => new OwnBrokers(folder, wanted))];
            if (parsed.GetValue(peer) is { } version)
            {
                PeerBrokers.Folder(); // refused now, not at the peer's first turn
                contenders.Add(new(PeerBrokers.NameOf(version), folder => new PeerBrokers(version, folder, wanted)));
            }
            ClusterBenchOptions options = new(parsed.GetValue(warmUp), parsed.GetValue(seconds), parsed.GetValue(rounds), parsed.GetValue(rate),
                parsed.GetValue(busyRate), parsed.GetValue(kills), parsed.GetValue(session), parsed.GetValue(partitions));
            await InScratchAsync(async newFolder =>
            {
                ClusterBenchReport result = await new ClusterBench(options, contenders, newFolder, Console.WriteLine).RunAsync(cancellation);
                result.Write(AnsiConsole.Console);
                await (file?.WriteAsync(result.ToJson(), cancellation) ?? Task.CompletedTask);
            }, cancellation);
            return 0;
        });
        return command;
    }

    /// <summary>
    /// Runs work in a folder that is removed afterwards, also after an interrupt; after an error it stays, because it has the logs.
    /// </summary>
    /// <param name="work">Its parameter gives an empty folder, in place of the one before.</param>
    /// <param name="cancellation">The interrupt.</param>
    private static async Task InScratchAsync(Func<Func<string>, Task> work, CancellationToken cancellation)
    {
        await using FileStream systemLock = SystemLock.Acquire();
        bool isOver = false;
        try
        {
            await Outcome.RunAndReportInterruptAsync(() => work(() => SystemFolder.Scratch("bench").Path), cancellation);
            isOver = true;
        }
        finally
        {
            if (isOver || cancellation.IsCancellationRequested)
            {
                SystemFolder.Scratch("bench").Remove();
            }
        }
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
