using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>
/// The session tokens of the simulated players. A trade waits for the answer when a login of one of its sides is in progress, as it does in the real game; the
/// wait is part of the trade's latency.
/// </summary>
internal sealed class SessionTokens(int players)
{
    private sealed class Entry
    {
        public string? Token;
        public int LoginsInProgress;
        public List<PendingAction>? Waiting;
    }

    private readonly Entry?[] _entries = new Entry?[players];
    private readonly Lock _gate = new();

    public void LoginStarted(Player player)
    {
        lock (_gate)
        {
            Of(player).LoginsInProgress++;
        }
    }

    /// <summary>Stores the token of a login (null: no session) and returns the trades that waited for it.</summary>
    public IReadOnlyList<PendingAction> LoginCompleted(Player player, string? token)
    {
        lock (_gate)
        {
            Entry entry = Of(player);
            entry.LoginsInProgress--;
            entry.Token = token ?? entry.Token;
            if (entry.LoginsInProgress > 0 || entry.Waiting is not { } waiting)
            {
                return [];
            }
            entry.Waiting = null;
            return waiting;
        }
    }

    /// <summary>Sets the tokens of a trade's online sides; false when the trade waits for a login and <see cref="LoginCompleted"/> will return it.</summary>
    public bool TryResolve(PendingAction pending, TradeAction trade)
    {
        lock (_gate)
        {
            if (WaitsForLogin(trade.First, pending) || WaitsForLogin(trade.Second, pending))
            {
                return false;
            }
            pending.FirstToken = trade.First.Online ? Of(trade.First.Player).Token : null;
            pending.SecondToken = trade.Second.Online ? Of(trade.Second.Player).Token : null;
            return true;
        }
    }

    private bool WaitsForLogin(in TradeLeg leg, PendingAction pending)
    {
        if (!leg.Online || Of(leg.Player) is not { LoginsInProgress: > 0 } entry)
        {
            return false;
        }
        (entry.Waiting ??= []).Add(pending);
        return true;
    }

    private Entry Of(Player player) => _entries[player.Index] ??= new Entry();
}
