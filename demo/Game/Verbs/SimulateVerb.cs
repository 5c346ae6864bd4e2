using System.CommandLine;
using System.CommandLine.Parsing;
using Game.Cli.Demo;
using Game.Cli.Processes;
using Game.Cli.Report;
using Game.Cli.Simulate;
using Game.Cli.Display;
using Game.Contracts;
using Game.Simulator.Load;
using Game.Simulator.World;
using Spectre.Console;
using Geography = Game.Worlds.Geography;

namespace Game.Cli.Verbs;

/// <summary><c>./game simulate</c>: simulated players against the running system, or against any game server, at a fixed open-loop rate.</summary>
internal static class SimulateVerb
{
    private sealed record Options(
        IReadOnlyList<string> Targets, Transport Transport, string CredentialFile, string AccountsKeyFile, int Players, double Rate, double Seconds, int Seed,
        string? BootstrapServers, string? Report);

    public static Command Create()
    {
        Option<string[]> targets = new("--target")
        {
            Description = "URL of a game server; may be given several times; else the running system's", HelpName = "URL",
            AllowMultipleArgumentsPerToken = true,
        };
        targets.Validators.Add(result =>
        {
            if (result.Tokens.Select(token => token.Value).FirstOrDefault(text => !IsHttp(text)) is { } wrong)
            {
                result.AddError($"'{wrong}' is not the address of a game server: write it as http://HOST:PORT.");
            }
        });
        Option<Transport> transport = OptionOf.Transport();
        Option<string> credential = new("--credential-file", "--credential")
        {
            Description = "File with the game world's service credential; needed with --target", HelpName = "FILE",
        };
        Option<string> accounts = new("--accounts-key-file", "--accounts")
        {
            Description = "File with the key of the demo's accounts; needed with --target", HelpName = "FILE",
        };
        Option<int> players = OptionOf.Players("Simulated players");
        Option<double> rate = OptionOf.Positive("--rate", "Actions a second", 500, OptionOf.MaxRate);
        Option<double> seconds = OptionOf.Positive("--seconds", "Length of the load", 60, OptionOf.MaxSeconds);
        Option<int> seed = OptionOf.Seed("Seed of the players and their actions");
        Option<string?> bootstrap = OptionOf.Bootstrap("Kafka whose topic simulation-truth gets the planted frauds; default: none");
        Option<string?> report = OptionOf.Report("Write the result as JSON to this file");
        Command command = new("simulate", "Send the actions of simulated players to the running system, or to any game server, at a fixed open-loop rate")
        {
            targets, transport, credential, accounts, players, rate, seconds, seed, bootstrap, report,
        };
        command.Validators.Add(result =>
        {
            bool isTargetGiven = IsGiven(result, targets);
            if (IsGiven(result, credential) != isTargetGiven || IsGiven(result, accounts) != isTargetGiven)
            {
                result.AddError("--target, --credential-file and --accounts-key-file belong together: without them the load goes to the running system.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            (IReadOnlyList<string> servers, string credentialFile, string accountsFile) = parsed.GetResult(targets) is null
                ? OfRunningSystem()
                : (parsed.GetValue(targets)!, parsed.GetValue(credential)!, parsed.GetValue(accounts)!);
            return await RunAsync(new Options(servers, parsed.GetValue(transport), credentialFile, accountsFile, parsed.GetValue(players),
                parsed.GetValue(rate), parsed.GetValue(seconds), parsed.GetValue(seed), parsed.GetValue(bootstrap), parsed.GetValue(report)), cancellation);
        });
        return command;
    }

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static (IReadOnlyList<string> Targets, string CredentialFile, string AccountsKeyFile) OfRunningSystem()
    {
        if (SystemFolder.Active() is not { } folder || folder.Running() is not { } running)
        {
            throw new UserErrorException("No system runs here: start one with ./game up, or name a game server with --target.");
        }

        return (running.Endpoints.GameServers, folder.CredentialFile, folder.AccountsKeyFile);
    }

    private static async Task<int> RunAsync(Options options, CancellationToken cancellation)
    {
        using ReportFile? file = ReportFile.Open(options.Report);
        string credential = (await File.ReadAllTextAsync(options.CredentialFile, cancellation)).Split('\n')[0].Trim();
        byte[] accounts = DemoSecrets.ParseKey(await File.ReadAllTextAsync(options.AccountsKeyFile, cancellation));
        GameWorld world = new(options.Seed, options.Players, new Geography());
        LoadOptions load = new([.. options.Targets.Select(target => new Uri(target))], options.Transport, credential, accounts);
        if (await TargetProbe.FaultAsync(load, cancellation) is { } fault)
        {
            throw new UserErrorException(fault);
        }

        await using LoadGenerator generator = new(load, options.Players);
        using TruthPublisher? truth = options.BootstrapServers is { } bootstrap ? new TruthPublisher(bootstrap) : null;
        TimeProvider time = TimeProvider.System;
        LivePlan plan = new(world, new LivePlanOptions(options.Seconds, options.Rate, time.GetUtcNow().ToUnixTimeMilliseconds()));
        LoadBoard board = new(generator.Statistics, options.Targets, options.Rate, options.Seconds, time);
        long started = time.GetTimestamp();
        Action<IEnumerable<SimulationTruth>> publish = truth is null ? static _ => { } : truth.Publish;
        bool isInterrupted = await EndsEarlyAsync(
            () => new Dashboard(AnsiConsole.Console, board, time).ShowWhileAsync(() => generator.RunAsync(plan, publish, cancellation)), cancellation);
        SimulationReport result = SimulationReport.Of(generator.Statistics, time.GetElapsedTime(started).TotalSeconds, isInterrupted);
        if (file is not null)
        {
            await file.WriteAsync(result.ToJson(), CancellationToken.None);
        }

        Write(result);
        if (isInterrupted)
        {
            return Outcome.Interrupted;
        }

        truth?.Flush();
        return result.Fault is { } sentence ? throw new UserErrorException(sentence) : 0;
    }

    /// <summary>Runs a load to its end or until the user interrupts it.</summary>
    /// <returns>Whether the user interrupted it.</returns>
    private static async Task<bool> EndsEarlyAsync(Func<Task> load, CancellationToken interrupt)
    {
        try
        {
            await load();
            return false;
        }
        catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
        {
            return true;
        }
    }

    private static void Write(SimulationReport result)
    {
        foreach (string line in result.Lines())
        {
            Console.WriteLine(BoardLayout.Clean(line));
        }

        if (!result.ValidForLatency)
        {
            AnsiConsole.MarkupLine("[bold yellow]NOT VALID for latency: more than 1 % of the actions started more than 5 ms late.[/]");
        }
    }

    private static bool IsHttp(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);
}
