using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Game.Cli.Demo;
using Game.Cli.Report;
using Game.Contracts;
using Game.Simulator.Load;
using Game.Simulator.World;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary>What <c>./game simulate --report FILE</c> writes.</summary>
internal sealed record SimulationReport(
    long Sent, long Answered, long Rejected, long Unsettled, long RefusedLogins, long RateLimitedActions, long Retries, double ActionsPerSecond,
    Percentiles ActionToAck, Percentiles StartLag,
    double LateStartShare, bool ValidForLatency, string? LastError);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(SimulationReport))]
internal sealed partial class SimulationReportJson : JsonSerializerContext;

/// <summary><c>./game simulate</c>: simulated players against any game server, at a fixed open-loop rate.</summary>
internal static class SimulateVerb
{
    private sealed record Options(
        string[] Targets, Transport Transport, string CredentialFile, string AccountsKeyFile, int Players, double Rate, double Seconds, int Seed,
        string? BootstrapServers, string? Report);

    public static Command Create()
    {
        Option<string[]> targets = new("--target")
        {
            Description = "URL of a game server; may be given several times", Required = true, AllowMultipleArgumentsPerToken = true,
        };
        targets.Validators.Add(result =>
        {
            if (result.Tokens.Select(token => token.Value).FirstOrDefault(text => !IsHttp(text)) is { } wrong)
            {
                result.AddError($"'{wrong}' is not the address of a game server: write it as http://HOST:PORT.");
            }
        });
        Option<Transport> transport = OptionOf.Transport();
        Option<string> credential = new("--credential-file", "--credential") { Description = "File with the game world's service credential", Required = true };
        Option<string> accounts = new("--accounts-key-file", "--accounts") { Description = "File with the key of the demo's accounts", Required = true };
        Option<int> players = OptionOf.Whole("--players", "Simulated players", 2000, OptionOf.MinPlayers, OptionOf.MaxPlayers);
        Option<double> rate = OptionOf.Positive("--rate", "Actions a second", 500, OptionOf.MaxRate);
        Option<double> seconds = OptionOf.Positive("--seconds", "Length of the load", 60, OptionOf.MaxSeconds);
        Option<int> seed = OptionOf.Seed("Decides the players and what they do");
        Option<string?> bootstrap = OptionOf.Bootstrap("Publish what was planted to simulation-truth there; else it is kept to itself");
        Option<string?> report = OptionOf.Report("Write the result as JSON to this file");
        Command command = new("simulate", "Drive any game server with simulated players at a fixed open-loop rate")
        {
            targets, transport, credential, accounts, players, rate, seconds, seed, bootstrap, report,
        };
        command.SetAction((parsed, cancellation) => RunAsync(new Options(parsed.GetValue(targets)!, parsed.GetValue(transport), parsed.GetValue(credential)!,
            parsed.GetValue(accounts)!,
            parsed.GetValue(players), parsed.GetValue(rate), parsed.GetValue(seconds), parsed.GetValue(seed), parsed.GetValue(bootstrap),
                parsed.GetValue(report)), cancellation));
        return command;
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
        LivePlan plan = new(world, new LivePlanOptions(options.Seconds, options.Rate, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
        DemoState state = new() { Phase = "simulating", Load = generator.Statistics };
        long started = TimeProvider.System.GetTimestamp();
        await new Dashboard(AnsiConsole.Console,
            state).ShowWhileAsync(() => generator.RunAsync(plan, truth is null ? static _ => { } : truth.Publish, cancellation));
        truth?.Flush();
        SimulationReport result = Report(generator.Statistics, TimeProvider.System.GetElapsedTime(started).TotalSeconds);
        Write(result);
        if (file is not null)
        {
            await file.WriteAsync(JsonSerializer.Serialize(result, SimulationReportJson.Default.SimulationReport), cancellation);
        }
        return Fault(result) is { } sentence ? throw new UserErrorException(sentence) : 0;
    }

    /// <summary>Why a load is not what was asked for; null where it is.</summary>
    internal static string? Fault(SimulationReport result) => result switch
    {
        { RefusedLogins: > 0 } =>
            $"{result.RefusedLogins:N0} logins with the players' own secrets were refused as wrong: give the file that the game servers were started with by --accounts-key-file.",
        { Unsettled: > 0 }
            => $"{result.Unsettled:N0} events were not settled in the end: the game servers did not answer, or answered that they cannot publish.",
        _ => null,
    };

    private static bool IsHttp(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);

    private static SimulationReport Report(LoadStatistics load, double seconds)
        => new(load.Sent, load.Answered, load.Rejected, load.Unsettled, load.RefusedLogins, load.RateLimited, load.Retries, load.ActionsStarted / seconds,
        load.Latency, load.StartLag, load.LateShare, load.ValidForLatency, load.LastError);

    private static void Write(SimulationReport result)
    {
        AnsiConsole.Profile.Out.Writer.WriteLine(
            $"events: {result.Sent:N0} sent = {result.Answered:N0} answered + {result.Rejected:N0} rejected + {result.Unsettled:N0} unsettled; {result.RefusedLogins:N0} logins refused with the right secret, {result.RateLimitedActions:N0} actions answered 429, {result.Retries:N0} retries; {result.ActionsPerSecond:N0} actions/s");
        AnsiConsole.Profile.Out.Writer.WriteLine(
            $"action due → acknowledged: p50 {result.ActionToAck.P50Ms:F2} ms, p99 {result.ActionToAck.P99Ms:F2} ms, p99.9 {result.ActionToAck.P999Ms:F2} ms");
        AnsiConsole.Profile.Out.Writer.WriteLine(
            $"the simulator's own lag: p50 {result.StartLag.P50Ms:F2} ms, p99 {result.StartLag.P99Ms:F2} ms; {result.LateStartShare:P2} of the actions started more than 5 ms late");
        if (result.LastError is { } error)
        {
            AnsiConsole.Profile.Out.Writer.WriteLine($"the last that went wrong: {error}");
        }
        if (!result.ValidForLatency)
        {
            AnsiConsole.MarkupLine("[bold yellow]This run is NOT VALID for latency: more than 1 % of the actions started more than 5 ms late.[/]");
        }
    }
}
