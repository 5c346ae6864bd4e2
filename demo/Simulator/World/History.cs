using Game.Contracts;
using Game.Worlds;

namespace Game.Simulator.World;

/// <summary>
/// Days of honest play before the demo begins, as events with past <c>ts</c> in time order. Afterwards the world has the wealth and last logins of this play,
/// and all players are offline.
/// </summary>
public sealed class History
{
    /// <summary>The default number of days.</summary>
    public const int DefaultDays = 7;

    public const int MaxDays = 90;

    /// <summary>Events in all, at most. Above 125,000 players some have no history.</summary>
    public const int MaxEvents = 1_000_000;

    /// <summary>Events that a player gets in the usual days when nothing limits them.</summary>
    private const int EventsPerPlayer = 100;

    /// <summary>What a player with history has at least: two sessions, in each a login, perhaps a mistyped one before it, and a trade of two events.</summary>
    private const int MinEventsPerPlayer = 8;

    private const int MinSessions = 2;

    private const long DayMs = 86_400_000;

    /// <summary>The last event lies at least this long before the end, so that a first live login may come from a journey.</summary>
    private const long QuietMs = 600_000;

    /// <summary>The <c>server_id</c> of all history.</summary>
    public const string ServerId = "gs-history";

    private const long RetypeMs = 4_000;

    private enum StepKind : byte
    {
        MistypedLogin,
        Login,
        Trade,
    }

    private readonly record struct Step(long Ts, int Player, StepKind Kind);

    private readonly GameWorld _world;
    private readonly int _days;
    private readonly Step[] _steps;

    /// <param name="world">The world whose history it is; no action has been played in it yet.</param>
    /// <param name="endMs">Epoch milliseconds at which history ends.</param>
    /// <param name="days">How far it goes back, 1 to <see cref="MaxDays"/>.</param>
    public History(GameWorld world, long endMs, int days = DefaultDays)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(days, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(days, MaxDays);
        _world = world;
        _days = days;
        _steps = Timeline(endMs);
        Count = _steps.Sum(step => step.Kind == StepKind.Trade ? 2 : 1);
    }

    /// <summary>The number of events.</summary>
    public int Count { get; }

    /// <summary>The events. Enumerate them once only: the enumeration changes the world.</summary>
    public IEnumerable<PlayerEvent> Events()
    {
        foreach (Step step in _steps)
        {
            Player player = _world.Players[step.Player];
            if (step.Kind != StepKind.Trade)
            {
                yield return ToEvent(step.Kind == StepKind.Login ? _world.HonestLogin(player, 0, step.Ts) : _world.MistypedLogin(player, 0, step.Ts), step.Ts);
                continue;
            }

            ExpireSessions(player, step.Ts);
            TradeAction trade = _world.HonestTrade(player, 0, step.Ts);
            ExpireSessions(trade.Second.Player, step.Ts);
            yield return ToEvent(trade, trade.First, trade.Second, TradeSide.First, step.Ts);
            yield return ToEvent(trade, trade.Second with { Online = trade.Second.Player.Online }, trade.First, TradeSide.Second, step.Ts);
        }

        foreach (Player player in _world.Players)
        {
            player.Online = false;
        }
    }

    private static void ExpireSessions(Player player, long ts) => player.Online = player.Online && ts <= player.SessionEndsAt;

    private Step[] Timeline(long endMs)
    {
        int perPlayer = Math.Clamp(MaxEvents / _world.Players.Count, MinEventsPerPlayer, Math.Max(MinEventsPerPlayer, EventsPerPlayer * _days / DefaultDays));
        int sessions = Math.Max(MinSessions, perPlayer / 10);
        int trades = Math.Max(1, (perPlayer - 2 * sessions) / 2 / sessions);
        int most = MaxEvents / (sessions * (2 + 2 * trades));
        List<Step> steps = new(Math.Min(most, _world.Players.Count) * sessions * (trades + 1));
        foreach (Player player in _world.Players.Take(most))
        {
            for (int session = 0; session < sessions; session++)
            {
                AddSession(steps, player, SessionStart(player, endMs, session, sessions), trades);
            }
        }

        Step[] sorted = [.. steps];
        Array.Sort(sorted, (a, b) => a.Ts != b.Ts ? a.Ts.CompareTo(b.Ts) : a.Player.CompareTo(b.Player));
        return sorted;
    }

    // Sessions are spread over the days in order, each near the player's hour.
    private long SessionStart(Player player, long endMs, int session, int sessions)
    {
        long day = endMs / DayMs * DayMs - _days * DayMs + (long)session * _days / sessions * DayMs;
        double hour = player.PlayHour + _world.Dice.Normal() * 1.5 + (session * _days % sessions) * 0.3;
        long start = day + (long)(hour * 3_600_000);
        return Math.Clamp(start, endMs - _days * DayMs, endMs - QuietMs - 2 * 3_600_000);
    }

    private void AddSession(List<Step> steps, Player player, long start, int trades)
    {
        long at = start;
        if (_world.Dice.Chance(0.03))
        {
            steps.Add(new(at, player.Index, StepKind.MistypedLogin));
            at += RetypeMs;
        }

        steps.Add(new(at, player.Index, StepKind.Login));
        for (int trade = 0; trade < trades; trade++)
        {
            at += (long)_world.Dice.Between(10_000, 600_000);
            steps.Add(new(at, player.Index, StepKind.Trade));
        }
    }

    private LoginEvent ToEvent(LoginAction login, long ts)
    {
        if (login.CorrectSecret)
        {
            login.Player.SessionEndsAt = ts + (long)_world.Dice.Between(1_800_000, 7_200_000);
        }
        Network network = login.From.Network;
        return new LoginEvent
        {
            EventId = EventIds.ForSide(login.Key, TradeSide.First),
            UserId = login.Player.UserId,
            Ts = ts,
            ServerId = ServerId,
            SessionId = login.CorrectSecret ? SessionId(login.Player) : "",
            Ip = login.From.Ip,
            Country = network.Country,
            Asn = network.Asn,
            Lat = network.Lat,
            Lon = network.Lon,
            DeviceId = login.From.DeviceId,
            ClientVersion = login.ClientVersion,
            Outcome = login.CorrectSecret ? LoginOutcome.Ok : LoginOutcome.BadPassword,
        };
    }

    private static TradeEvent ToEvent(TradeAction trade, TradeLeg own, TradeLeg other, TradeSide side, long ts) => new()
    {
        EventId = EventIds.ForSide(trade.Key, side),
        UserId = own.Player.UserId,
        Ts = ts,
        ServerId = ServerId,
        SessionId = own.Online ? SessionId(own.Player) : "",
        Ip = own.Online ? own.Player.Where.Ip : "",
        TradeId = trade.Key.ToString("N"),
        CounterpartyId = other.Player.UserId,
        Channel = trade.Channel,
        GoldDelta = own.GoldDelta,
        GoldBalance = own.GoldBalance,
        ItemId = trade.ItemId,
        ItemDelta = own.ItemDelta,
        ItemValue = trade.ItemValue,
        InventoryValue = own.InventoryValue,
    };

    private static string SessionId(Player player) => $"s-{player.Index}-{player.LastLoginAt}";
}
