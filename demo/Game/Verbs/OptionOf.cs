using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Game.Cli.Processes;
using Game.Simulator.Load;
using Game.WebHdfs;

namespace Game.Cli.Verbs;

/// <summary>Options whose bad values are told in one sentence that says what the option takes, before anything is done.</summary>
internal static class OptionOf
{
    /// <summary>A year of seconds: no run is longer, and every product of it with a rate fits a long.</summary>
    public const double MaxSeconds = 31_536_000;

    /// <summary>Far beyond what one generator can start.</summary>
    public const double MaxRate = 1_000_000;

    /// <summary>A world with fewer could not hold twenty campaigns of each scenario.</summary>
    public const int MinPlayers = 50;

    public const int MaxPlayers = 1_000_000;

    public const int UsualPlayers = 2000;

    public const int UsualSeed = 1;

    /// <summary>Detectors rebuild every partition at the start; a system of one machine gains nothing from more.</summary>
    public const int MaxPartitions = 1_000;

    public static Option<int> Whole(string name, string description, int usual, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => usual,
        CustomParser = result => ReadWhole(result, name, least, most) ?? usual,
    };

    /// <summary>A whole number that may be left out.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => ReadWhole(result, name, least, most),
    };

    /// <summary>A number above 0.</summary>
    public static Option<double> Positive(string name, string description, double usual, double most) => new(name)
    {
        Description = description,
        HelpName = "NUMBER",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            string text = Text(result);
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number > 0 && number <= most)
            {
                return number;
            }
            result.AddError($"{name} takes a number above 0, at most {most:N0}, not '{text}'.");
            return usual;
        },
    };

    public static Option<int> Players(string description) => Whole("--players", description, UsualPlayers, MinPlayers, MaxPlayers);

    public static Option<int> Seed(string description) => Whole("--seed", description, UsualSeed, int.MinValue, int.MaxValue);

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
        => Checked(name, description, "HOST:PORT",
        text => text.Split(',').All(IsHostAndPort) ? null : $"'{text}' is not the address of a broker: write it as HOST:PORT.");

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
        Option<string> option = new("--warehouse") { Description = "Folder in HDFS", HelpName = "PATH", DefaultValueFactory = _ => WarehouseFolder.Usual };
        option.CustomParser = result =>
        {
            try
            {
                return WarehouseFolder.Parse(Text(result));
            }
            catch (FormatException e)
            {
                result.AddError(e.Message);
                return WarehouseFolder.Usual;
            }
        };
        return option;
    }

    public static Option<string?> Report(string description)
        => Checked("--report", description, "FILE", text => text.Length > 0 ? null : "--report needs the name of a file.");

    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="helpName">What stands for its value in the help.</param>
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

    private static bool IsHostAndPort(string text)
        => text.LastIndexOf(':') is > 0 and int colon && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
        && port is > 0 and <= 65535;

    private static int? ReadWhole(ArgumentResult result, string name, int least, int most)
    {
        string text = Text(result);
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
        {
            return number;
        }
        result.AddError($"{name} takes a whole number from {least:N0} to {most:N0}, not '{text}'.");
        return null;
    }

    private static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
}
