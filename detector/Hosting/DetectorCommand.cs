using System.CommandLine;
using Game.CommandOptions;
using Game.Contracts;
using Game.Detector.Rules;

namespace Game.Detector.Hosting;

/// <summary>The command line. Exit codes: 0 stopped when asked, 1 failed, 2 used wrongly.</summary>
internal static class DetectorCommand
{
    public const int Failed = 1;
    public const int InvalidUsage = 2;
    private const int MaxPartitions = 10_000;

    private static readonly Option<string> Bootstrap = BootstrapServers.Option();
    private static readonly Option<string?> Group =
        new("--group") { Description = $"Consumer group; by default {DetectorOptions.DetectorGroup}, with --filter {DetectorOptions.FilterGroup}." };
    private static readonly Option<string?> ClientId =
        new("--client-id") { Description = "This member's name in the group's description; by default the group's name." };
    private static readonly Option<int> Partitions =
        NumberOption.Of("--partitions", "Partitions of player-events and alerts.", Topics.DefaultPartitions, 1, MaxPartitions);
    private static readonly Option<string> Urls = new("--urls")
    {
        Description = "Addresses that serve /healthz, /readyz and /metrics; port 0 picks a free port.",
        DefaultValueFactory = _ => "http://127.0.0.1:0"
    };
    private static readonly Option<bool> Filter = new("--filter") { Description = "Copy critical alerts to alerts-priority instead of watching players." };
    private static readonly Option<FileInfo?> RulesFile =
        new("--rules") { Description = "JSON file with the rules' thresholds; --print-rules shows all of them." };
    private static readonly Option<bool> PrintRules = new("--print-rules") { Description = "Print the rules as --rules would read them, and stop." };

    /// <summary>Runs the program. For wrong options it prints one sentence and returns its own exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        ParseResult parsed = Create().Parse(arguments);
        if (parsed.Errors.Count == 0 || parsed.Action is System.CommandLine.Help.HelpAction)
        {
            // The process limits its stop itself; without this the library would end it 2 s after SIGTERM.
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        await Console.Error.WriteLineAsync($"detector: {parsed.Errors[0].Message} See detector --help.");
        return InvalidUsage;
    }

    public static RootCommand Create()
    {
        Bootstrap.DefaultValueFactory = _ => "127.0.0.1:9092";
        RootCommand root = new("Watches players' events for fraud and raises alerts. Any number of detectors of one group share the partitions.")
        {
            Bootstrap, Group, ClientId, Partitions, Urls, Filter, RulesFile, PrintRules,
        };
        ListOption.RefuseEmpty(Urls, ';');
        root.Add(BenchCommand.Create());
        root.SetAction(RunAsync);
        return root;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        if (!TryReadRules(parsed.GetValue(RulesFile), out RuleSet rules, out string problem))
        {
            await Console.Error.WriteLineAsync($"detector: {problem}");
            return InvalidUsage;
        }

        if (!parsed.GetValue(PrintRules))
        {
            return await DetectorProcess.RunAsync(OptionsOf(parsed, rules), cancel);
        }
        await Console.Out.WriteLineAsync(rules.ToJson());
        return 0;
    }

    private static DetectorOptions OptionsOf(ParseResult parsed, RuleSet rules)
    {
        bool filter = parsed.GetValue(Filter);
        string group = parsed.GetValue(Group) ?? (filter ? DetectorOptions.FilterGroup : DetectorOptions.DetectorGroup);
        return new DetectorOptions
        {
            BootstrapServers = parsed.GetValue(Bootstrap)!,
            Group = group,
            ClientId = parsed.GetValue(ClientId) ?? group,
            Partitions = parsed.GetValue(Partitions),
            Urls = parsed.GetValue(Urls)!,
            IsFilter = filter,
            Rules = rules,
        };
    }

    private static bool TryReadRules(FileInfo? file, out RuleSet rules, out string problem)
    {
        rules = new RuleSet();
        problem = "";
        if (file is null)
        {
            return true;
        }
        try
        {
            return RuleSet.TryParse(File.ReadAllBytes(file.FullName), out rules, out problem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = $"The rules file cannot be read: {e.Message}";
            return false;
        }
    }
}
