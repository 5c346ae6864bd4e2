using Game.Contracts;
using Game.Worlds;

namespace Game.Simulator.World;

/// <summary>The options of the live load.</summary>
/// <param name="Seconds">Length of the load.</param>
/// <param name="Rate">Actions a second, evenly spaced.</param>
/// <param name="StartEpochMs">Epoch milliseconds at which the first action is due.</param>
public sealed record LivePlanOptions(double Seconds, double Rate, long StartEpochMs)
{
    /// <summary>Few enough that fraud stays rare.</summary>
    public const int DefaultPlayersPerCampaign = 400;

    /// <summary>One campaign of each scenario for so many players, but <see cref="LivePlan.MinCampaigns"/> at least.</summary>
    public int PlayersPerCampaign { get; init; } = DefaultPlayersPerCampaign;
}

/// <summary>
/// The actions of the live load, generated one by one in due order: honest play that follows the habits of the players, and campaigns of both scenarios.
/// </summary>
public sealed class LivePlan
{
    /// <summary>Campaigns of each scenario, at least.</summary>
    public const int MinCampaigns = 20;

    /// <summary>A victim and two mules.</summary>
    private const int MaxPlayersOfCampaign = 3;

    /// <summary>The shortest time from a player's login to the player's first trade, so that the session token has arrived.</summary>
    private const double TokenDelayMs = 500;

    private readonly GameWorld _world;
    private readonly LivePlanOptions _options;
    private readonly PriorityQueue<Campaign, double> _waiting = new();
    private readonly HashSet<string> _begun = [];
    private readonly Dictionary<string, Campaign> _byId;
    private readonly double[] _loggedInAt;
    private readonly double _stepMs;

    /// <param name="world">A world with at least 2 × <see cref="MinCampaigns"/> players for victims, and three more for mules.</param>
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
        Campaigns = PlantCampaigns();
        _byId = Campaigns.ToDictionary(campaign => campaign.Id);
    }

    public IReadOnlyList<Campaign> Campaigns { get; }

    /// <summary>Campaigns whose first fraudulent action was given to <see cref="Truths"/>.</summary>
    public int BegunCampaigns => _begun.Count;

    public long TotalActions => (long)(_options.Seconds * _options.Rate);

    /// <summary>
    /// The fraudulent events of an action; none for an honest one. Before the first event of a campaign come its participants. Call this once for each action,
    /// in due order.
    /// </summary>
    public IReadOnlyList<SimulationTruth> Truths(GameAction action)
        => action.Fraud is not { } mark ? [] : [.. _begun.Add(mark.CampaignId) ? Participants(_byId[mark.CampaignId]) : [], .. Events(action, mark)];

    private IEnumerable<SimulationTruth> Participants(Campaign campaign)
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
            action = OfflineUntilTokenArrives(trade, due);
        }
        Remember(action);
        if (!campaign.Finished)
        {
            _waiting.Enqueue(campaign, due + Math.Max(TokenDelayMs, _stepMs * _world.Dice.Between(0.5, 1.5)));
        }
        return action;
    }

    private GameAction HonestAction(double due, long epochMs)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            Player player = _world.Players[_world.Dice.Below(_world.Players.Count)];
            bool ready = player.Online && due - _loggedInAt[player.Index] >= TokenDelayMs;
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

    // When the other side has logged in a moment ago, the trade names it by its user id, as it names an offline player.
    private TradeAction HonestTrade(Player player, double due, long epochMs)
        => OfflineUntilTokenArrives(_world.HonestTrade(player, due, epochMs), due);

    private TradeAction OfflineUntilTokenArrives(TradeAction trade, double due)
        => due - _loggedInAt[trade.Second.Player.Index] >= TokenDelayMs ? trade : trade with { Second = trade.Second with { Online = false } };

    private void Remember(GameAction action)
    {
        if (action is LoginAction { CorrectSecret: true } login)
        {
            _loggedInAt[login.Player.Index] = action.DueMs;
        }
    }

    // Each player is in at most one campaign. With too few players for that, only victims are, and a mule takes part in several.
    private List<Campaign> PlantCampaigns()
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
