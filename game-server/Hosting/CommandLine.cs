using System.CommandLine;
using System.Net;
using Game.CommandOptions;
using Game.Contracts;
using Game.GameServer.Accounts;
using Game.GameServer.Http;

namespace Game.GameServer.Hosting;

/// <summary>The command line. Each option can also be given as an environment variable: <c>--server-id</c> as <c>GAME_SERVER_SERVER_ID</c>.</summary>
internal sealed class CommandLine
{
    private readonly Option<string> _bootstrapServer = BootstrapServers.Option();
    private readonly Option<string> _urls = new("--urls")
    {
        Description = "Addresses to listen on, separated by semicolons; port 0 picks a free port.", DefaultValueFactory = _ => OptionDefaults.Urls,
    };
    private readonly Option<string> _serverId = new("--server-id")
    {
        Description = "This server's name in events.", DefaultValueFactory = _ => "gs-" + Environment.MachineName.ToLowerInvariant(),
    };
    private readonly Option<FileInfo> _credentials = new("--service-credential-file")
    {
        Description = "File with the game world's credentials, one on each line.", Required = true,
    };
    private readonly Option<FileInfo> _accountsKey = new("--accounts-key-file") { Description = "File with the key of the demo's accounts." };
    private readonly Option<string> _keys = new("--keys")
    {
        Description = "Folder of the keys that sign session tokens, shared by all game servers.", Required = true,
    };
    private readonly Option<FileInfo?> _addressTable = new("--address-table") { Description = "CSV file of prefix,country,asn,lat,lon." };
    private readonly Option<string> _trustedProxies = new("--trusted-proxies")
    {
        Description = "Networks of proxies whose X-Forwarded-For the server trusts, separated by commas.", DefaultValueFactory = _ => "",
    };
    private readonly Option<int> _partitions = NumberOption.Of("--partitions", "Partitions of player-events.", Topics.DefaultPartitions, 1, 10_000);
    private readonly Option<int> _loginsPerMinute = NumberOption.Of("--rate-limit-per-player",
        "Logins a minute for one player from one address (IPv6: a /64), and as many from each known place, over HTTP; 0 for no limit.", OptionDefaults.LoginsPerMinute, 0, 100_000);

    private readonly Option<int> _failedLoginsPerMinute = NumberOption.Of("--rate-limit-per-address",
        "Failed logins a minute from one client address (IPv6: a /64) over HTTP; 0 for no limit.",
        OptionDefaults.FailedLoginsPerMinute, 0, 1_000_000);

    private readonly Option<int> _lockAfter = NumberOption.Of("--lock-after",
        "Wrong secrets for a player that lock out the address (IPv6: a /64), device or known place they come from; ten times as many lock out all strangers.",
        OptionDefaults.LockAfter, 1, 1_000);

    private readonly Option<int> _lockWindow = NumberOption.Of("--lock-window-seconds",
        "How long a wrong secret counts, in seconds.", OptionDefaults.LockWindowSeconds, 1, 86_400);

    private readonly Option<int> _publishTimeout = NumberOption.Of("--publish-timeout-ms",
        "Milliseconds until an action that the brokers do not acknowledge is answered 503.", OptionDefaults.PublishTimeoutMs, 1_500, 60_000);

    private readonly Option<int> _streamWindow = NumberOption.Of("--stream-window",
        "Unanswered requests on a WebSocket above which the server stops reading.", OptionDefaults.StreamWindow, 1, 100_000);

    private readonly Option<int> _sessionHours = NumberOption.Of("--session-hours",
        "How long a session's token is valid, in hours.", OptionDefaults.SessionHours, 1, 8_760);

    private readonly Option<int> _rememberedEvents = NumberOption.Of("--remembered-events",
        "Events of the log, and places of players' logins, that are remembered at least.", OptionDefaults.RememberedEvents, 1_000, 10_000_000);

    private readonly bool _hasOwnAccounts;

    /// <param name="hasOwnAccounts">Whether a team passes its own accounts: then there is no option for the demo's.</param>
    public CommandLine(bool hasOwnAccounts)
    {
        _hasOwnAccounts = hasOwnAccounts;
        _bootstrapServer.Required = true;
        _accountsKey.Required = !hasOwnAccounts;
        ListOption.RefuseEmpty(_urls, ';');
        _serverId.Validators.Add(result =>
        {
            if (System.Text.Encoding.UTF8.GetByteCount(result.GetValue(_serverId) ?? "") is < 1 or > ContractLimits.MaxIdBytes)
            {
                result.AddError($"--server-id has 1 to {ContractLimits.MaxIdBytes} bytes.");
            }
            else if (result.GetValue(_serverId)!.Any(char.IsControl))
            {
                result.AddError("--server-id has a control character.");
            }
        });
        _trustedProxies.Validators.Add(result =>
        {
            if (!TryNetworks(result.GetValue(_trustedProxies) ?? "", out _))
            {
                result.AddError("--trusted-proxies takes networks like 10.0.0.0/8 or single addresses, separated by commas.");
            }
        });
        Root = new RootCommand(
            "Accepts players' logins and trades and publishes them. Every option can also be given by environment variable, "
            + "--server-id as GAME_SERVER_SERVER_ID.")
        {
            _bootstrapServer, _urls, _serverId, _partitions, _credentials, _keys, _addressTable, _trustedProxies,
            _loginsPerMinute, _failedLoginsPerMinute, _lockAfter, _lockWindow, _publishTimeout, _streamWindow, _sessionHours, _rememberedEvents,
        };
        if (!hasOwnAccounts)
        {
            Root.Add(_accountsKey);
        }
    }

    public RootCommand Root { get; }

    /// <summary>The arguments, followed by the options that only the environment gives.</summary>
    public IReadOnlyList<string> WithEnvironment(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        List<string> all = [.. arguments];
        foreach (Option option in Root.Options)
        {
            string variable = "GAME_SERVER_" + option.Name.TrimStart('-').Replace('-', '_').ToUpperInvariant();
            bool given = arguments.Any(argument => argument == option.Name || argument.StartsWith(option.Name + "=", StringComparison.Ordinal));
            if (!given && option.Arity.MaximumNumberOfValues > 0 && environment(variable) is { Length: > 0 } value)
            {
                all.Add($"{option.Name}={value}");
            }
        }

        return all;
    }

    /// <summary>The options of a command line without errors; reads the secrets' files.</summary>
    /// <exception cref="StartException">A file cannot be read or is malformed.</exception>
    public GameServerOptions ToOptions(ParseResult parsed) => new()
    {
        BootstrapServers = parsed.GetRequiredValue(_bootstrapServer),
        Urls = parsed.GetRequiredValue(_urls),
        ServerId = parsed.GetRequiredValue(_serverId),
        Partitions = parsed.GetRequiredValue(_partitions),
        ServiceCredentials = Read("--service-credential-file", parsed.GetRequiredValue(_credentials), ServiceCredential.ParseFile),
        AccountsKey = _hasOwnAccounts ? null : Read("--accounts-key-file", parsed.GetRequiredValue(_accountsKey), DemoSecrets.ParseKey),
        Keys = parsed.GetRequiredValue(_keys),
        AddressTable = parsed.GetValue(_addressTable)?.FullName,
        TrustedProxies = TryNetworks(parsed.GetRequiredValue(_trustedProxies), out List<IPNetwork> networks) ? networks : [],
        LoginsPerMinute = parsed.GetRequiredValue(_loginsPerMinute),
        FailedLoginsPerMinute = parsed.GetRequiredValue(_failedLoginsPerMinute),
        LockAfter = parsed.GetRequiredValue(_lockAfter),
        LockWindow = TimeSpan.FromSeconds(parsed.GetRequiredValue(_lockWindow)),
        PublishTimeout = TimeSpan.FromMilliseconds(parsed.GetRequiredValue(_publishTimeout)),
        StreamWindow = parsed.GetRequiredValue(_streamWindow),
        RememberedEvents = parsed.GetRequiredValue(_rememberedEvents),
        SessionLifetime = TimeSpan.FromHours(parsed.GetRequiredValue(_sessionHours)),
    };

    private static T Read<T>(string option, FileInfo file, Func<string, T> parse)
    {
        try
        {
            return parse(File.ReadAllText(file.FullName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StartException($"The file of {option} cannot be used: {e.Message}");
        }
    }

    private static bool TryNetworks(string text, out List<IPNetwork> networks)
    {
        networks = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(part, out IPNetwork network))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(part, out IPAddress? address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else
            {
                return false;
            }
        }

        return true;
    }
}
