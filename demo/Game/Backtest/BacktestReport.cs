using System.Globalization;
using System.Text.Json;
using Game.Analysis.Backtest;
using Spectre.Console;

namespace Game.Cli.Backtest;

/// <summary>Results of a backtest as tables and as JSON; two configurations stand side by side.</summary>
internal static class BacktestReport
{
    private const int EnoughCampaigns = 50;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static string ToJson(IReadOnlyList<BacktestResult> results) => JsonSerializer.Serialize(results, Json);

    public static void Write(IAnsiConsole console, IReadOnlyList<BacktestResult> results)
    {
        WriteScenarios(console, results);
        WriteKinds(console, results);
        foreach (BacktestResult result in results)
        {
            console.WriteLine($"{result.Name}, {result.Worlds} worlds, {Number(result.PlayerDays)} player-days (in brackets: 95 % confidence over worlds):");
            console.WriteLine($"  campaigns caught: {Percent(result.Recall)}");
            console.WriteLine($"  false alerts per 1,000 player-days: {Rate(result.FalseAlerts)}");
            console.WriteLine($"  true ones of each day's {BacktestResult.Budget} alerts per 1,000 players that score highest: {Percent(result.Precision)}");
        }
    }

    private static void WriteScenarios(IAnsiConsole console, IReadOnlyList<BacktestResult> results)
    {
        Table table = new Table().AddColumn(new TableColumn("scenario").NoWrap()).AddColumn(Right("campaigns"));
        foreach (BacktestResult result in results)
        {
            table.AddColumn(Right($"{Prefix(result, results)}caught %")).AddColumn(Right("95 %")).AddColumn(Right("min")).AddColumn(Right("lost %"));
        }
        foreach (ScenarioResult scenario in results[0].Scenarios)
        {
            IEnumerable<ScenarioResult> same = results.Select(result => result.Scenarios.First(one => one.Scenario == scenario.Scenario));
            table.AddRow([scenario.Scenario, Number(scenario.Campaigns), .. same.SelectMany(Cells)]);
        }
        console.Write(table);
        console.WriteLine("min: median from a campaign's first event to its alert; lost: share of the victims' loss that was gone before it");
        if (results[0].Scenarios.Any(scenario => scenario.Campaigns < EnoughCampaigns))
        {
            console.WriteLine($"A scenario with fewer than {EnoughCampaigns} campaigns says little: play more worlds.");
        }
    }

    private static IEnumerable<string> Cells(ScenarioResult scenario) =>
    [
        (100 * scenario.Recall.Value).ToString("F0", CultureInfo.InvariantCulture),
        $"{100 * scenario.Recall.Low:F0}-{100 * scenario.Recall.High:F0}",
        scenario.Minutes is { } minutes ? minutes.ToString("F1", CultureInfo.InvariantCulture) : "-",
        scenario.LostBefore is { } lost ? (100 * lost).ToString("F0", CultureInfo.InvariantCulture) : "-",
    ];

    private static IEnumerable<string> Cells(KindResult kind) =>
    [
        kind.Rate.ToString("F2", CultureInfo.InvariantCulture), string.Join(", ", kind.FalseAlerts.Select(rule => $"{rule.Key} {rule.Value}")),
    ];

    private static void WriteKinds(IAnsiConsole console, IReadOnlyList<BacktestResult> results)
    {
        Table table = new Table().AddColumn(new TableColumn("honest players").NoWrap()).AddColumn(Right("player-days"));
        foreach (BacktestResult result in results)
        {
            table.AddColumn(Right($"{Prefix(result, results)}false a 1,000")).AddColumn(new TableColumn("by rule"));
        }
        foreach (KindResult kind in results[0].Kinds)
        {
            IEnumerable<KindResult> same = results.Select(result => result.Kinds.First(one => one.Kind == kind.Kind));
            table.AddRow([kind.Kind, Number(kind.PlayerDays), .. same.SelectMany(Cells)]);
        }
        console.Write(table);
    }

    private static string Prefix(BacktestResult result, IReadOnlyList<BacktestResult> results) => results.Count > 1 ? Markup.Escape(result.Name) + ": " : "";

    private static TableColumn Right(string title) => new TableColumn(title).RightAligned();

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(Interval? share) => share is { } one ? $"{100 * one.Value:F1} % ({100 * one.Low:F1}-{100 * one.High:F1})" : "none";

    private static string Percent(double? share) => share is { } one ? $"{100 * one:F1} %" : "none";

    private static string Rate(Interval rate) => $"{rate.Value:F2} ({rate.Low:F2}-{rate.High:F2})";
}
