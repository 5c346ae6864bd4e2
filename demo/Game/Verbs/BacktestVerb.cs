using System.CommandLine;
using Game.Analysis.Backtest;
using Game.Cli.Backtest;
using Game.Cli.Report;
using Game.Detector.Rules;
using Game.Worlds.Fraud;
using Spectre.Console;

namespace Game.Cli.Verbs;

/// <summary><c>./game backtest</c>.</summary>
internal static class BacktestVerb
{
    private const int MaxWorlds = 100_000;
    private const long MaxPlayerDays = 2_000_000;

    public static Command Create()
    {
        Option<int> worlds = OptionOf.Whole("--worlds", "Worlds to play, each with another economy, players and frauds", 20, 1, MaxWorlds);
        Option<int> seed = OptionOf.Whole("--seed", "Number of the first world", 1, 0, int.MaxValue - MaxWorlds);
        Option<int> players = OptionOf.Whole("--players", "Players of each world", 2_000, 100, 100_000);
        Option<int> days = OptionOf.Whole("--days", "Days of each world", 30, 5, 365);
        Option<int> partitions = OptionOf.Whole("--partitions", "Partitions of player-events", 12, 1, OptionOf.MaxPartitions);
        Option<bool> outside = new("--outside") { Description = "Worlds outside the ranges of those that detection is trained with" };
        Option<string?> scenario = OptionOf.Checked("--scenario", "Only this kind of fraud", "NAME",
            text => Scenarios.Names.Contains(text) ? null : $"There is no scenario '{text}'; there are {string.Join(", ", Scenarios.Names)}.");
        Option<FileInfo?> rules = RulesOption("--rules", "Rules of the detector; without it the built-in ones");
        Option<FileInfo?> against = RulesOption("--against", "Other rules to compare with, on the same events");
        Option<string?> report = OptionOf.Report("Write the results as JSON");
        Command command = new("backtest", "What the detector catches, and whom it suspects falsely, in worlds that are played for it")
        {
            worlds, seed, players, days, partitions, outside, scenario, rules, against, report,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            if ((long)parsed.GetValue(players) * parsed.GetValue(days) > MaxPlayerDays)
            {
                throw new UserErrorException($"A world has at most {MaxPlayerDays:N0} player-days: its events are kept in memory. Play more worlds instead.");
            }
            using ReportFile? file = ReportFile.Open(parsed.GetValue(report));
            List<(string Name, RuleSet Rules)> configurations = [Read(parsed.GetValue(rules))];
            if (parsed.GetValue(against) is { } other)
            {
                configurations.Add(Read(other));
            }
            BacktestOptions options = new(parsed.GetValue(seed), parsed.GetValue(worlds), parsed.GetValue(players), parsed.GetValue(days),
                parsed.GetValue(partitions), parsed.GetValue(outside), parsed.GetValue(scenario) is { } one ? [one] : Scenarios.Names, configurations);
            IReadOnlyList<BacktestResult> results = await RunAsync(options, cancellation);
            BacktestReport.Write(AnsiConsole.Console, results);
            await (file?.WriteAsync(BacktestReport.ToJson(results), cancellation) ?? Task.CompletedTask);
            return 0;
        });
        return command;
    }

    private static Task<IReadOnlyList<BacktestResult>> RunAsync(BacktestOptions options, CancellationToken cancellation)
        => AnsiConsole.Progress().StartAsync(progress =>
        {
            ProgressTask task = progress.AddTask($"playing {options.Worlds} worlds", maxValue: options.Worlds);
            return Task.Run(() => new WorldBacktest(options).Run(_ => task.Increment(1), cancellation), cancellation);
        });

    private static Option<FileInfo?> RulesOption(string name, string description) => new(name) { Description = description, HelpName = "FILE" };

    private static (string Name, RuleSet Rules) Read(FileInfo? file)
    {
        if (file is null)
        {
            return ("built-in", new RuleSet());
        }
        try
        {
            return RuleSet.TryParse(File.ReadAllBytes(file.FullName), out RuleSet rules, out string problem)
                ? (file.Name, rules)
                : throw new UserErrorException($"{file.Name}: {problem}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The rules cannot be read: {e.Message}", e);
        }
    }
}
