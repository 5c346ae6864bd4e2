using Game.Contracts;
using Game.Worlds;

namespace Game.Simulator.World;

/// <summary>One planted fraud: a victim, one or two mules, and a queue of steps. Each step gives one action.</summary>
public abstract class Campaign
{
    private readonly Queue<Func<double, long, GameAction>> _steps = new();

    protected Campaign(string id, string scenario, GameWorld world, Player victim, IReadOnlyList<Player> mules)
    {
        Id = id;
        Scenario = scenario;
        World = world;
        Victim = victim;
        Mules = mules;
    }

    public string Id { get; }

    public string Scenario { get; }

    public Player Victim { get; }

    public IReadOnlyList<Player> Mules { get; }

    public bool Finished => _steps.Count == 0;

    protected GameWorld World { get; }

    /// <summary>The mark of an action of the victim's account, alone or with a mule on the other side.</summary>
    protected FraudMark Mark(CampaignRole second = CampaignRole.Mule) => new(Id, Scenario, CampaignRole.Victim, second);

    /// <summary>Performs the next step at the given instant.</summary>
    public GameAction Next(double dueMs, long epochMs)
    {
        Victim.InCampaign = true;
        GameAction action = _steps.Dequeue()(dueMs, epochMs);
        if (Finished)
        {
            Victim.InCampaign = false;
            Victim.Online = false; // the owner logs in again
        }

        return action;
    }

    protected void AddStep(Func<double, long, GameAction> step) => _steps.Enqueue(step);

    /// <summary>A trade that hands a share of the victim's gold, or of its goods for nothing, to a mule.</summary>
    protected TradeAction Steal(double dueMs, long epochMs, double share)
    {
        Player mule = World.Dice.Pick(Mules);
        bool goods = Victim.InventoryValue > Victim.Gold;
        long worth = (long)Math.Max(1, (goods ? Victim.InventoryValue : Victim.Gold) * share);
        Exchange exchange = goods
            ? new Exchange(Victim, mule, 0, -1, worth, TradeChannel.Direct, "gem")
            : new Exchange(Victim, mule, -worth, 0, 0, World.Dice.Chance(0.5) ? TradeChannel.Mail : TradeChannel.Direct, "");
        return World.Apply(exchange, dueMs, epochMs, Mark());
    }
}

/// <summary>
/// A thief logs in with the victim's secret, sometimes after wrong guesses, from a network and mostly a device that the victim never used, and sends the
/// victim's wealth to mules.
/// </summary>
public sealed class AccountTakeover : Campaign
{
    public const string Name = "account-takeover";

    public AccountTakeover(string id, GameWorld world, Player victim, IReadOnlyList<Player> mules) : base(id, Name, world, victim, mules)
    {
        Network network = world.ForeignNetwork(victim, sameCountry: world.Dice.Chance(0.25));
        string device = world.Dice.Chance(0.85) ? world.NewDevice() : victim.Devices[0];
        uint host = world.Dice.Bits();
        Presence from = new(network, network.Address(host), device);
        int guesses = world.Dice.Chance(0.5) ? world.Dice.Below(3) + 1 : 0;
        for (int guess = 0; guess < guesses; guess++)
        {
            AddStep((due, at) => World.Login(Victim, from, due, at, correctSecret: false, Mark()));
        }
        AddStep((due, at) => World.Login(Victim, from, due, at, correctSecret: true, Mark()));
        int thefts = world.Dice.Below(4) + 2;
        for (int theft = 0; theft < thefts; theft++)
        {
            AddStep((due, at) => Steal(due, at, World.Dice.Between(0.2, 0.6)));
        }
    }
}

/// <summary>The victim's own session (a stolen device, a coerced or tricked owner) hands most of the wealth to mules within a few trades.</summary>
public sealed class GoldDrain : Campaign
{
    public const string Name = "gold-drain";

    public GoldDrain(string id, GameWorld world, Player victim, IReadOnlyList<Player> mules) : base(id, Name, world, victim, mules)
    {
        AddStep((due, at) => World.HonestLogin(Victim, due, at));
        int thefts = world.Dice.Below(4) + 1;
        double left = world.Dice.Between(0.05, 0.4); // of gold and goods each, after all thefts on either
        double share = 1 - Math.Pow(left, 1.0 / thefts);
        for (int theft = 0; theft < thefts * 2; theft++)
        {
            AddStep((due, at) => Steal(due, at, Math.Max(share, 0.35)));
        }
    }
}
