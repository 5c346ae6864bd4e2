using Game.Contracts;

namespace Game.Worlds.Fraud;

/// <summary>Several accounts of one owner, of which each alone looks harmless.</summary>
internal static class Rings
{
    /// <summary>Several victims lose to one mule, which passes on what it has gathered.</summary>
    public static bool MuleChain(Campaign campaign, long at)
    {
        Player mule = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule);
        Player boss = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Attacker);
        int victims = 0;
        int wanted = 2 + campaign.Dice.Below(4);
        for (int i = 0; i < wanted && campaign.JoinVictim(at) is { } victim; i++, victims++)
        {
            Presence thief = campaign.Dice.Chance(0.5) ? campaign.Casting.SameCountry(victim) : campaign.Casting.Abroad(victim);
            campaign.Step(i == 0 ? 0 : campaign.About(6 * Campaign.Hour), now => campaign.Login(victim, thief, now));
            int thefts = 2 + campaign.Dice.Below(2);
            for (int theft = 0; theft < thefts; theft++)
            {
                campaign.Step(campaign.About(campaign.ThiefMs), now => campaign.Either(victim, mule, campaign.Dice.Between(0.2, 0.6), now));
            }
            campaign.Step(campaign.About(Campaign.Minute), campaign.Leave);
            campaign.Step(campaign.About(Campaign.Hour), now => campaign.OwnLogin(mule, now));
            campaign.Step(campaign.About(Campaign.Minute), now => campaign.Gold(mule, boss, campaign.Dice.Between(0.6, 0.95), now));
        }
        campaign.Step(campaign.About(Campaign.Hour), now => campaign.Goods(mule, boss, 0.9, now));
        return victims > 1;
    }

    /// <summary>Gold goes round between accounts, so that nobody can say where it came from.</summary>
    public static bool Circle(Campaign campaign, long at)
    {
        Presence owner = campaign.Casting.At(campaign.Dice.Pick(campaign.Dice.Pick(campaign.World.Cities).Fixed));
        Player[] ring = Open(campaign, at, days: 15, CampaignRole.Attacker, 3 + campaign.Dice.Below(4));
        ring[0].Gold += (long)(campaign.World.Settings.MedianWealth * campaign.Dice.Between(1, 6));
        int rounds = 2 + campaign.Dice.Below(4);
        for (int hop = 0; hop < rounds * ring.Length; hop++)
        {
            Player from = ring[hop % ring.Length], to = ring[(hop + 1) % ring.Length];
            campaign.Step(campaign.About(hop == 0 ? 0 : 20 * Campaign.Minute), now => campaign.Login(from, owner, now));
            campaign.Step(campaign.About(Campaign.Minute), now => campaign.Gold(from, to, campaign.Dice.Between(0.85, 0.99), now));
        }
        return true;
    }

    /// <summary>New accounts on one device and line earn gold all day and hand it to one that sells it.</summary>
    public static bool BotFarm(Campaign campaign, long at)
    {
        Presence farm = campaign.Casting.At(campaign.Dice.Pick(campaign.Dice.Pick(campaign.World.Cities).Fixed));
        Player collector = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Attacker);
        Player[] bots = Open(campaign, at, days: 2, CampaignRole.Mule, 6 + campaign.Dice.Below(14));
        int devices = 1 + campaign.Dice.Below(3);
        string[] machines = [.. Enumerable.Range(0, devices).Select(_ => campaign.World.NewDevice())];
        int rounds = 2 + campaign.Dice.Below(4);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < bots.Length; i++)
            {
                Player bot = bots[i];
                string machine = machines[i % devices];
                double wait = round > 0 && i == 0 ? Campaign.Day / 2 : 3 * Campaign.Minute;
                campaign.Step(campaign.About(wait), now => campaign.Login(bot, farm with { DeviceId = machine }, now));
                campaign.Step(campaign.About(2 * Campaign.Minute), now =>
                {
                    bot.Gold += (long)(campaign.World.Settings.MedianWealth * campaign.World.Settings.DailyIncome * campaign.Dice.Between(0.5, 3)) + 5;
                    return campaign.Gold(bot, collector, 0.95, now);
                });
            }
        }
        return true;
    }

    /// <summary>A fault of the game makes gold out of nothing; the finder spreads it.</summary>
    public static bool Injection(Campaign campaign, long at)
    {
        if (campaign.Casting.Victim(at, player => player.Kind == PlayerKind.Ordinary) is not { } finder)
        {
            return false;
        }
        campaign.Join(finder, CampaignRole.Attacker);
        Player[] receivers = [.. Enumerable.Range(0, 3 + campaign.Dice.Below(5)).Select(_ => campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule))];
        long injected = (long)((finder.Wealth + campaign.World.Settings.MedianWealth) * campaign.Dice.Between(1, 20));
        campaign.Step(campaign.UntilHourOf(finder, at), now => campaign.OwnLogin(finder, now));
        foreach (Player receiver in receivers)
        {
            campaign.Step(campaign.About(2 * Campaign.Minute), now =>
            {
                finder.Gold += injected / receivers.Length;
                return campaign.Gold(finder, receiver, campaign.Dice.Between(0.5, 0.9), now);
            });
        }
        return true;
    }

    /// <summary>Accounts of one owner sell each other an item at rising prices, then sell it to somebody else for many times its value.</summary>
    public static bool PriceManipulation(Campaign campaign, long at)
    {
        Presence owner = campaign.Casting.At(campaign.Dice.Pick(campaign.Dice.Pick(campaign.World.Cities).Fixed));
        Player[] ring = Open(campaign, at, days: 15, CampaignRole.Attacker, 2 + campaign.Dice.Below(3));
        if (campaign.JoinVictim(at, player => player.Gold > campaign.World.Settings.MedianWealth / 5) is not { } buyer)
        {
            return false;
        }
        Item item = campaign.Dice.Pick(campaign.World.Market.Items);
        foreach (Player member in ring)
        {
            member.Gold += (long)(campaign.World.Settings.MedianWealth * campaign.Dice.Between(0.5, 2));
            member.InventoryValue += 10 * campaign.World.Market.ValueOf(item, at);
            campaign.Step(campaign.About(Campaign.Minute), now => campaign.Login(member, owner, now));
        }
        double times = 1;
        int sales = 6 + campaign.Dice.Below(10);
        for (int sale = 0; sale < sales; sale++)
        {
            Player seller = ring[sale % ring.Length], other = ring[(sale + 1) % ring.Length];
            double price = times *= campaign.Dice.Between(1.2, 1.7);
            campaign.Step(campaign.About(3 * Campaign.Minute), now => Sell(seller, other, price, now));
        }
        campaign.Step(campaign.About(10 * Campaign.Minute), now => Sell(ring[0], buyer, Math.Max(times, 5), now));
        return true;

        TradeAction? Sell(Player seller, Player other, double price, long now)
        {
            long value = campaign.World.Market.ValueOf(item, now);
            long gold = (long)Math.Min(other.Gold * 0.8, value * price);
            return gold < 1 ? null : campaign.Apply(new Exchange(seller, other, gold, -1, value, TradeChannel.Auction, item.Id), now);
        }
    }

    private static Player[] Open(Campaign campaign, long at, double days, CampaignRole role, int count)
        => [.. Enumerable.Range(0, count).Select(_ => campaign.Join(campaign.Casting.Opened(at, days), role))];
}
