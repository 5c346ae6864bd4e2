using Game.Contracts;

namespace Game.Simulator.World;

/// <summary>What is played live.</summary>
/// <param name="Seconds">Length of the load.</param>
/// <param name="Rate">Actions a second, evenly spaced.</param>
/// <param name="StartEpochMs">Epoch milliseconds at which the first action is due.</param>
public sealed record LivePlanOptions(double Seconds, double Rate, long StartEpochMs)
{
    /// <summary>Few enough that fraud stays rare.</summary>
    public const int UsualPlayersPerCampaign = 400;

    /// <summary>One campaign of each scenario for so many players, but <see cref="LivePlan.MinCampaigns"/> at least.</summary>
    public int PlayersPerCampaign { get; init; } = UsualPlayersPerCampaign;
}

/// <summary>
/// The live load, decided action by action in due order: honest play by the habits of the players, with campaigns of both scenarios planted in between.
/// </summary>
public sealed class LivePlan
{
    /// <summary>Campaigns of each scenario, at least.</summary>
    public const int MinCampaigns = 20;

    /// <summary>A victim and two mules.</summary>
    private const int MaxPlayersOfCampaign = 3;

    /// <summary>A trade follows its player's login at the earliest after this time, so that the session's token has arrived.</summary>
    private const double SettleMs = 500;

    private readonly GameWorld _world;
    private readonly LivePlanOptions _options;
    private readonly PriorityQueue<Campaign, double> _waiting = new();
    private readonly HashSet<string> _opened = [];
    private readonly Dictionary<string, Campaign> _byId;
    private readonly double[] _loggedInAt;
    private readonly double _stepMs;

    /// <param name="world">Of at least twice as many players as there are campaigns at least, and a few to be mules.</param>
    public LivePlan(GameWorld world, LivePlanOptions options)
    {
        if (world.Players.Count < 2 * MinCampaigns + MaxPlayersOfCampaign)
        {
            throw new ArgumentException("Too few players to hold the campaigns.", nameof(world));
        }
        _world = world;
        _options = options;
        _loggedInAt = new double[world.Players.Count];
        _stepMs = Math.Min(1_500, options.Seconds * 1000 / 40);
        Campaigns = Plant();
        _byId = Campaigns.ToDictionary(campaign => campaign.Id);
    }

    public IReadOnlyList<Campaign> Campaigns { get; }

    /// <summary>Campaigns whose first fraudulent action was given to <see cref="Truths"/>.</summary>
    public int Opened => _opened.Count;

    public long TotalActions => (long)(_options.Seconds * _options.Rate);

    /// <summary>The fraudulent events of an action, none for an honest one; before a campaign's first, who takes part in it. To be called once an action, in
    /// their order.</summary>
    public IReadOnlyList<SimulationTruth> Truths(GameAction action)
        => action.Fraud is not { } mark ? [] : [.. _opened.Add(mark.CampaignId) ? Opening(_byId[mark.CampaignId]) : [], .. Events(action, mark)];

    private IEnumerable<SimulationTruth> Opening(Campaign campaign)
        => [Truth(campaign, campaign.Victim, CampaignRole.Victim), .. campaign.Mules.Select(mule => Truth(campaign, mule, CampaignRole.Mule))];

    private IEnumerable<SimulationTruth> Events(GameAction action, FraudMark mark)
    {
        long ts = _options.StartEpochMs + (long)action.DueMs;
        if (action is LoginAction login)
        {
            yield return Truth(mark, mark.FirstRole, login.Player, EventIds.ForSide(action.Key, TradeSide.First), ts);
        }
        if (action is TradeAction trade)
        {
            yield return Truth(mark, mark.FirstRole, trade.First.Player, EventIds.ForSide(action.Key, TradeSide.First), ts);
            yield return Truth(mark, mark.SecondRole, trade.Second.Player, EventIds.ForSide(action.Key, TradeSide.Second), ts);
        }
    }

    /// <summary>All actions in due order.</summary>
    public IEnumerable<GameAction> Actions()
    {
        for (long i = 0; i < TotalActions; i++)
        {
            double due = i * 1000.0 / _options.Rate;
            yield return NextAction(due);
        }
    }

    private GameAction NextAction(double due)
    {
        long epochMs = _options.StartEpochMs + (long)due;
        if (!_waiting.TryPeek(out Campaign? campaign, out double at) || at > due)
        {
            return HonestAction(due, epochMs);
        }
        _waiting.Dequeue();
        GameAction action = campaign.Next(due, epochMs);
        if (action is TradeAction trade)
        {
            action = Settled(trade, due);
        }
        Remember(action);
        if (!campaign.Finished)
        {
            _waiting.Enqueue(campaign, due + Math.Max(SettleMs, _stepMs * _world.Dice.Between(0.5, 1.5)));
        }
        return action;
    }

    private GameAction HonestAction(double due, long epochMs)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            Player player = _world.Players[_world.Dice.Below(_world.Players.Count)];
            bool ready = player.Online && due - _loggedInAt[player.Index] >= SettleMs;
            if (player.InCampaign || (player.Online && !ready))
            {
                continue;
            }
            if (player.Online && !_world.Dice.Chance(0.05))
            {
                return HonestTrade(player, due, epochMs);
            }
            return HonestLogin(player, due, epochMs);
        }

        return HonestLogin(_world.Players.First(player => !player.InCampaign), due, epochMs);
    }

    private GameAction HonestLogin(Player player, double due, long epochMs)
    {
        LoginAction login = _world.Dice.Chance(0.02) ? _world.MistypedLogin(player, due, epochMs) : _world.HonestLogin(player, due, epochMs);
        Remember(login);
        return login;
    }

    // The other side may have logged in a moment ago: it is then named by its user id, as one that is offline.
    private TradeAction HonestTrade(Player player, double due, long epochMs)
        => Settled(_world.HonestTrade(player, due, epochMs), due);

    private TradeAction Settled(TradeAction trade, double due)
        => due - _loggedInAt[trade.Second.Player.Index] >= SettleMs ? trade : trade with { Second = trade.Second with { Online = false } };

    private void Remember(GameAction action)
    {
        if (action is LoginAction { CorrectSecret: true } login)
        {
            _loggedInAt[login.Player.Index] = action.DueMs;
        }
    }

    // Every player is in one campaign at most; where there are too few for that, victims are, and the others are mules of several.
    private List<Campaign> Plant()
    {
        int each = Math.Max(MinCampaigns, _world.Players.Count / _options.PlayersPerCampaign);
        Player[] order = Shuffled();
        Queue<Player> victims = new(order.Where(player => player.LastLoginAt > 0).Concat(order.Where(player => player.LastLoginAt == 0)).Take(each * 2));
        Player[] others = [.. order.Except(victims)];
        bool shared = others.Length < each * 2 * (MaxPlayersOfCampaign - 1);
        Queue<Player> mules = new(others);
        List<Campaign> planted = new();
        for (int i = 0; i < each * 2; i++)
        {
            Player victim = victims.Dequeue();
            Player[] helpers = _world.Dice.Chance(0.5) ? [Mule()] : [Mule(), Mule()];
            string id = $"c-{i + 1:D4}";
            Campaign campaign = i % 2 == 0 ? new AccountTakeover(id, _world, victim, helpers) : new GoldDrain(id, _world, victim, helpers);
            planted.Add(campaign);
            _waiting.Enqueue(campaign, _options.Seconds * 1000 * _world.Dice.Between(0.1, 0.7));
        }

        return planted;

        Player Mule()
        {
            Player mule = mules.Dequeue();
            if (shared)
            {
                mules.Enqueue(mule);
            }
            return mule;
        }
    }

    private Player[] Shuffled()
    {
        Player[] order = [.. _world.Players];
        for (int i = 0; i < order.Length; i++)
        {
            int other = i + _world.Dice.Below(order.Length - i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }

    private SimulationTruth Truth(Campaign campaign, Player player, CampaignRole role) => new()
    {
        CampaignId = campaign.Id,
        Scenario = campaign.Scenario,
        Role = role,
        UserId = player.UserId,
        Ts = _options.StartEpochMs,
    };

    private static SimulationTruth Truth(FraudMark mark, CampaignRole role, Player player, Guid eventId, long ts) => new()
    {
        CampaignId = mark.CampaignId,
        Scenario = mark.Scenario,
        Role = role,
        UserId = player.UserId,
        EventId = eventId,
        Ts = ts,
    };
}
