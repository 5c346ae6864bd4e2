using System.Net;

namespace Game.GameServer.Hosting;

/// <summary>The server cannot start; the message is one sentence that says why.</summary>
internal sealed class StartException(string message) : Exception(message);

/// <summary>The options of the command line, with the contents of the files that they name.</summary>
internal sealed record GameServerOptions
{
    public required string BootstrapServers { get; init; }

    public required string Urls { get; init; }

    public required string ServerId { get; init; }

    /// <summary>Partitions of <c>player-events</c>.</summary>
    public required int Partitions { get; init; }

    public required IReadOnlyList<string> ServiceCredentials { get; init; }

    /// <summary>The key of the demo's accounts; null where a team passes its own accounts.</summary>
    public byte[]? AccountsKey { get; init; }

    /// <summary>Folder of the session tokens' keys.</summary>
    public required string Keys { get; init; }

    /// <summary>CSV file, or null for none.</summary>
    public string? AddressTable { get; init; }

    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Logins a minute for one player from one address (IPv6: a /64), and as many from each known place, over HTTP; 0 for no limit.</summary>
    public int LoginsPerMinute { get; init; } = OptionDefaults.LoginsPerMinute;

    /// <summary>Failed logins a minute from one client address over HTTP; 0 for no limit.</summary>
    public int FailedLoginsPerMinute { get; init; } = OptionDefaults.FailedLoginsPerMinute;

    /// <summary>Failed logins that lock out the address (IPv6: a /64), the device or the known place they come from.</summary>
    public int LockAfter { get; init; } = OptionDefaults.LockAfter;

    public TimeSpan LockWindow { get; init; } = TimeSpan.FromSeconds(OptionDefaults.LockWindowSeconds);

    /// <summary>After this time an action that is not acknowledged is answered 503.</summary>
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromMilliseconds(OptionDefaults.PublishTimeoutMs);

    public int StreamWindow { get; init; } = OptionDefaults.StreamWindow;

    /// <summary>Events of the log whose ids and content are remembered, at least, and as many places that players logged in from.</summary>
    public int RememberedEvents { get; init; } = OptionDefaults.RememberedEvents;

    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(OptionDefaults.SessionHours);
}

/// <summary>The options' defaults, each with its reason.</summary>
internal static class OptionDefaults
{
    public const string Urls = "http://127.0.0.1:8080";

    /// <summary>More than a person can type, and enough for a client that reconnects in a loop.</summary>
    public const int LoginsPerMinute = 60;

    /// <summary>Enough for the mistyped logins of some thousands of players behind one address, and few enough guesses for the log.</summary>
    public const int FailedLoginsPerMinute = 120;

    /// <summary>More than a person mistypes, far too few to guess.</summary>
    public const int LockAfter = 10;

    public const int LockWindowSeconds = 300;

    /// <summary>Short enough for a sender to wait, longer than a change of a partition's leader.</summary>
    public const int PublishTimeoutMs = 5_000;

    /// <summary>A fifth of a second at 20,000 actions a second: more than acknowledgements take.</summary>
    public const int StreamWindow = 4_096;

    /// <summary>
    /// At 5,000 events a second those of the last 52 seconds or more, in which a sender that got no answer has tried again. Costs at most 40 MB, and 2 seconds
    /// of reading at the start.
    /// </summary>
    public const int RememberedEvents = 262_144;

    /// <summary>A day's play on one login.</summary>
    public const int SessionHours = 24;
}
