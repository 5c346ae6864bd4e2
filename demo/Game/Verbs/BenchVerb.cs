using System.CommandLine;
using System.Diagnostics;
using Game.Cli.Bench;
using Game.Cli.Demo;
using Game.Cli.Processes;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game bench broker|detector|path</c>.</summary>
internal static class BenchVerb
{
    public static Command Create() => new("bench", "Measurements; docs/performance.md says how they are made") { Broker(), Detector(), PathBench() };

    private static Command Broker()
    {
        var peer = new Option<string?>("--peer") { Description = "Compare with one Apache Kafka broker of the peers folder: 3.9 or 4.2" };
        peer.AcceptOnlyFromAmong("3.9", "4.2");
        var against = new Option<string?>("--against") { Description = "HOST:PORT of a running broker to compare with; needs --pid" };
        var pid = new Option<int?>("--pid") { Description = "Its process id" };
        var rounds = new Option<int>("--rounds") { Description = "Rounds [3]", DefaultValueFactory = _ => 3 };
        var seconds = new Option<double>("--seconds") { Description = "Length of each measurement [10]", DefaultValueFactory = _ => 10 };
        var warmUp = new Option<double>("--warm-up") { Description = "Warm-up of each broker [30]", DefaultValueFactory = _ => 30 };
        var rate = new Option<double>("--rate") { Description = "Records a second of the latency load [5000]", DefaultValueFactory = _ => 5000 };
        var report = new Option<string?>("--report") { Description = "Write the figures as JSON" };
        var command = new Command("broker", "Produce, consume and latency of the broker, alone or beside another") { peer, against, pid, rounds, seconds, warmUp, rate, report };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = new BenchOptions(parsed.GetValue(warmUp), parsed.GetValue(seconds), parsed.GetValue(rounds), parsed.GetValue(rate));
            await using FileStream only = SystemLock.Take();
            SystemFolder folder = SystemFolder.Scratch("bench");
            var brokers = new List<IBrokerUnderTest>();
            try
            {
                brokers.Add(await OwnBroker.StartAsync(folder.Path, cancellation));
                if (parsed.GetValue(peer) is { } version)
                    brokers.Add(await PeerBroker.StartAsync(version, folder.Path, cancellation));
                if (parsed.GetValue(against) is { } address)
                    brokers.Add(new RunningBroker(address, parsed.GetValue(pid) ?? throw new UserErrorException("--against needs --pid, the broker's process id, to measure its CPU and memory.")));
                BrokerBenchReport result = await new BrokerBench(options, brokers, Console.WriteLine).RunAsync(cancellation);
                BrokerBench.Write(AnsiConsole.Console, result);
                if (parsed.GetValue(report) is { } file)
                    await File.WriteAllTextAsync(file, BrokerBench.ToJson(result), cancellation);
            }
            finally
            {
                foreach (IBrokerUnderTest broker in brokers)
                    await broker.DisposeAsync();
            }

            folder.Remove();
            return 0;
        });
        return command;
    }

    private static Command Detector()
    {
        var report = new Option<string?>("--report") { Description = "Write the figures as JSON" };
        var command = new Command("detector", "Events per second and core of the detector, in process") { report };
        command.SetAction(async (parsed, cancellation) =>
        {
            string program = Path.Combine(SystemFolder.Programs, "detector", "detector");
            using Process process = Process.Start(program, parsed.GetValue(report) is { } file ? ["bench", "--report", file] : ["bench"]);
            await process.WaitForExitAsync(cancellation);
            return process.ExitCode;
        });
        return command;
    }

    private static Command PathBench()
    {
        var rate = new Option<double>("--rate") { Description = "Actions a second [2500, about 5,000 events]", DefaultValueFactory = _ => 2500 };
        var players = new Option<int>("--players") { Description = "Simulated players [5000]", DefaultValueFactory = _ => 5000 };
        var seconds = new Option<double>("--seconds") { Description = "Length of the live part [60]", DefaultValueFactory = _ => 60 };
        var report = new Option<string?>("--report") { Description = "Write the demo's report as JSON" };
        var command = new Command("path", "The whole path from a player's action to the alert, nobody killed") { rate, players, seconds, report };
        command.SetAction((parsed, cancellation) => DemoVerb.RunAsync(new DemoOptions
        {
            Rate = parsed.GetValue(rate),
            Players = parsed.GetValue(players),
            Seconds = parsed.GetValue(seconds),
            Report = parsed.GetValue(report),
            Transport = Simulator.Load.Transport.Ws,
            Kill = false,
        }, cancellation));
        return command;
    }
}
