using Game.Simulator.World;

namespace Game.Simulator.Load;

/// <summary>
/// The session tokens the game's world holds. A trade whose side has a login under way waits for its answer, as the real world would; the wait counts into the
/// trade's latency.
/// </summary>
internal sealed class SessionTokens(int players)
{
    private sealed class Entry
    {
        public string? Token;
        public int LoginsUnderWay;
        public List<PendingAction>? Waiting;
    }

    private readonly Entry?[] _entries = new Entry?[players];
    private readonly Lock _gate = new();

    public void LoginStarted(Player player)
    {
        lock (_gate)
        {
            Of(player).LoginsUnderWay++;
        }
    }

    /// <summary>Notes the outcome of a login (null: no session) and gives the trades that waited for it.</summary>
    public IReadOnlyList<PendingAction> LoginSettled(Player player, string? token)
    {
        lock (_gate)
        {
            Entry entry = Of(player);
            entry.LoginsUnderWay--;
            entry.Token = token ?? entry.Token;
            if (entry.LoginsUnderWay > 0 || entry.Waiting is not { } waiting)
            {
                return [];
            }
            entry.Waiting = null;
            return waiting;
        }
    }

    /// <summary>Fills in the tokens of a trade's online sides; false when it waits for a login and will be given back by <see cref="LoginSettled"/>.</summary>
    public bool TryResolve(PendingAction pending, TradeAction trade)
    {
        lock (_gate)
        {
            if (Waits(trade.First, pending) || Waits(trade.Second, pending))
            {
                return false;
            }
            pending.FirstToken = trade.First.Online ? Of(trade.First.Player).Token : null;
            pending.SecondToken = trade.Second.Online ? Of(trade.Second.Player).Token : null;
            return true;
        }
    }

    private bool Waits(in TradeLeg leg, PendingAction pending)
    {
        if (!leg.Online || Of(leg.Player) is not { LoginsUnderWay: > 0 } entry)
        {
            return false;
        }
        (entry.Waiting ??= []).Add(pending);
        return true;
    }

    private Entry Of(Player player) => _entries[player.Index] ??= new Entry();
}
