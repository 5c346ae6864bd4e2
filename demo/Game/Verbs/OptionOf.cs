using System.CommandLine;
using System.CommandLine.Parsing;
using Game.Cli.Processes;
using Game.CommandOptions;
using Game.Simulator.Load;
using Game.WebHdfs;

namespace Game.Cli.Verbs;

/// <summary>Options that refuse a bad value before the verb does anything, in one sentence that says which values they accept.</summary>
internal static class OptionOf
{
    /// <summary>A year of seconds: no run is longer, and every product of it with a rate fits a long.</summary>
    public const double MaxSeconds = 31_536_000;

    /// <summary>The smallest number that is worth a measurement.</summary>
    private const double MinPositive = 0.001;

    /// <summary>Far beyond what one generator can start.</summary>
    public const double MaxRate = 1_000_000;

    /// <summary>A world with fewer could not hold twenty campaigns of each scenario.</summary>
    public const int MinPlayers = 50;

    public const int MaxPlayers = 1_000_000;

    public const int DefaultPlayers = 2000;

    public const int DefaultSeed = 1;

    /// <summary>Detectors rebuild every partition at the start; a system of one machine gains nothing from more.</summary>
    public const int MaxPartitions = 1_000;

    public static Option<int> Whole(string name, string description, int defaultValue, int min, int max)
        => Shown(NumberOption.Of(name, description, defaultValue, min, max), description, "N");

    /// <summary>A whole number that may be left out.</summary>
    public static Option<int?> Whole(string name, string description, int min, int max)
        => Shown(NumberOption.Optional(name, description, min, max), description, "N");

    /// <summary>A number above 0, such as seconds or actions a second.</summary>
    public static Option<double> Positive(string name, string description, double defaultValue, double max)
        => Shown(NumberOption.Of(name, description, defaultValue, MinPositive, max), description, "NUMBER");

    public static Option<int> Players(string description) => Whole("--players", description, DefaultPlayers, MinPlayers, MaxPlayers);

    public static Option<int> Seed(string description) => Whole("--seed", description, DefaultSeed, int.MinValue, int.MaxValue);

    public static Option<Transport> Transport()
    {
        Option<Transport> option = new("--transport")
        {
            Description = "http, ws or mixed: one player in ten over http", HelpName = "HOW", DefaultValueFactory = _ => Simulator.Load.Transport.Mixed,
        };
        option.CustomParser = result =>
        {
            if (TransportNamed(Text(result)) is { } transport)
            {
                return transport;
            }
            result.AddError($"--transport takes http, ws or mixed, not '{Text(result)}'.");
            return Simulator.Load.Transport.Mixed;
        };
        return option;
    }

    private static Transport? TransportNamed(string name) => name.ToLowerInvariant() switch
    {
        "http" => Simulator.Load.Transport.Http,
        "ws" => Simulator.Load.Transport.Ws,
        "mixed" => Simulator.Load.Transport.Mixed,
        _ => null,
    };

    public static Option<string?> Bootstrap(string description, string name = "--bootstrap-server")
        => Checked(name, description, "HOST:PORT", BootstrapServers.Fault);

    /// <summary>Whether the brokers are a cluster; not together with brokers from outside.</summary>
    public static Option<bool> Cluster(Option<string?> bootstrap)
    {
        Option<bool> option = new("--cluster") { Description = $"ZooKeeper and {Brokers.ClusterSize} brokers, instead of one broker" };
        option.Validators.Add(result =>
        {
            // The parser validates an option of true and false also where it is not given.
            if (!result.Implicit && result.GetResult(bootstrap) is { Implicit: false })
            {
                result.AddError("--cluster starts brokers of its own and cannot be used with --bootstrap-server.");
            }
        });
        return option;
    }

    public static Option<string?> WebHdfs(string description) => Checked("--webhdfs", description, "URL", text =>
    {
        try
        {
            WebHdfsOptions.ParseNameNodes(text);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    });

    public static Option<string> Warehouse()
    {
        Option<string> option = new("--warehouse") { Description = "Folder in HDFS", HelpName = "PATH", DefaultValueFactory = _ => WarehouseFolder.Default };
        option.CustomParser = result =>
        {
            try
            {
                return WarehouseFolder.Parse(Text(result));
            }
            catch (FormatException e)
            {
                result.AddError(e.Message);
                return WarehouseFolder.Default;
            }
        };
        return option;
    }

    public static Option<string?> Report(string description)
        => Checked("--report", description, "FILE", text => text.Length > 0 ? null : "--report needs the name of a file.");

    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="helpName">The name of its value in the help.</param>
    /// <param name="fault">What is wrong with a value, a sentence; null for nothing.</param>
    public static Option<string?> Checked(string name, string description, string helpName, Func<string, string?> fault)
    {
        Option<string?> option = new(name) { Description = description, HelpName = helpName };
        option.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens)
            {
                if (fault(token.Value) is { } sentence)
                {
                    result.AddError(sentence);
                }
            }
        });
        return option;
    }

    // The help of the verbs has no room for the bounds; the error for a value outside them names them.
    private static Option<T> Shown<T>(Option<T> option, string description, string helpName)
    {
        option.Description = description;
        option.HelpName = helpName;
        return option;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
}
