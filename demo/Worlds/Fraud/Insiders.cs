using Game.Contracts;

namespace Game.Worlds.Fraud;

/// <summary>The victim's own session, or the victim's own hand, gives the wealth away.</summary>
internal static class Insiders
{
    /// <summary>The victim logs in. Then a thief, who has stolen the token of that session, trades in it from another address.</summary>
    public static bool SessionTheft(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        Presence thief = campaign.Dice.Chance(0.6) ? campaign.Casting.Abroad(victim) : campaign.Casting.SameCountry(victim);
        Player mule = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule);
        campaign.Step(campaign.UntilHourOf(victim, at), now => campaign.OwnLogin(victim, now));
        int thefts = 3 + campaign.Dice.Below(4);
        for (int theft = 0; theft < thefts; theft++)
        {
            campaign.Step(campaign.About(theft == 0 ? 10 * Campaign.Minute : campaign.ThiefMs),
                now => campaign.Either(victim, mule, campaign.Dice.Between(0.25, 0.6), now, thief.Ip));
        }
        return true;
    }

    /// <summary>The owner is tricked or forced: own device, own line, usual hour, and nearly everything to a stranger.</summary>
    public static bool Coercion(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        Player mule = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule);
        campaign.Step(campaign.UntilHourOf(victim, at), now => campaign.OwnLogin(victim, now));
        int gifts = 2 + campaign.Dice.Below(4);
        for (int gift = 0; gift < gifts; gift++)
        {
            campaign.Step(campaign.About(2 * Campaign.Minute), now => campaign.Either(victim, mule, campaign.Dice.Between(0.4, 0.8), now));
        }
        return true;
    }

    /// <summary>Little by little for days, each time no more than a usual trade, always to the same few.</summary>
    public static bool Drip(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        Presence thief = campaign.Casting.Near(victim);
        Player[] mules = [.. Enumerable.Range(0, 1 + campaign.Dice.Below(3)).Select(_ => campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule))];
        int visits = 4 + campaign.Dice.Below(8);
        for (int visit = 0; visit < visits; visit++)
        {
            campaign.Step(visit == 0 ? 0 : campaign.About(Campaign.Day / 2), now => campaign.Login(victim, thief, now));
            int thefts = 4 + campaign.Dice.Below(8);
            for (int theft = 0; theft < thefts; theft++)
            {
                Player mule = campaign.Dice.Pick(mules);
                campaign.Step(campaign.About(4 * Campaign.Minute), now =>
                {
                    double usual = 1.2 * victim.UsualTrade / Math.Max(1, victim.Wealth);
                    return campaign.Either(victim, mule, Math.Min(0.2, usual), now);
                });
            }
            campaign.Step(campaign.About(Campaign.Minute), campaign.Leave);
        }
        return true;
    }

    /// <summary>Goods alone go away, for nothing or next to nothing.</summary>
    public static bool GoodsForNothing(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at, player => player.InventoryValue > player.Wealth / 3) is not { } victim)
        {
            return false;
        }
        Presence thief = campaign.Dice.Chance(0.5) ? campaign.Casting.SameCountry(victim) : campaign.Casting.Near(victim);
        Player mule = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule);
        campaign.Step(0, now => campaign.Login(victim, thief, now));
        int gifts = 3 + campaign.Dice.Below(6);
        for (int gift = 0; gift < gifts; gift++)
        {
            campaign.Step(campaign.About(campaign.ThiefMs),
                now => campaign.Goods(victim, mule, campaign.Dice.Between(0.2, 0.5), now, campaign.Dice.Chance(0.7) ? 0 : 0.02));
        }
        return true;
    }

    /// <summary>The auction house moves the wealth: a treasure sold for a trifle, or rubbish bought for a fortune.</summary>
    public static bool AbsurdPrice(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        Presence thief = campaign.Dice.Chance(0.5) ? campaign.Casting.SameCountry(victim) : campaign.Casting.Vpn(victim);
        Player mule = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule);
        campaign.Step(0, now => campaign.Login(victim, thief, now));
        int sales = 2 + campaign.Dice.Below(4);
        for (int sale = 0; sale < sales; sale++)
        {
            campaign.Step(campaign.About(campaign.ThiefMs), now => victim.Gold > victim.InventoryValue
                ? BuyRubbish(campaign, victim, mule, campaign.Dice.Between(0.3, 0.7), now)
                : campaign.Goods(victim, mule, campaign.Dice.Between(0.3, 0.6), now, campaign.Dice.Between(0.01, 0.2), channel: TradeChannel.Auction));
        }
        return true;
    }

    /// <summary>Dozens of trifles before and after the theft, so that who looks at the last events sees none of it.</summary>
    public static bool WindowFlushing(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        Presence thief = campaign.Dice.Chance(0.5) ? campaign.Casting.SameCountry(victim) : campaign.Casting.Near(victim);
        Player[] mules = [.. Enumerable.Range(0, 2).Select(_ => campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule))];
        campaign.Step(0, now => campaign.Login(victim, thief, now));
        Trifles(30 + campaign.Dice.Below(15));
        for (int theft = 0; theft < 3; theft++)
        {
            campaign.Step(campaign.About(20 * Campaign.Second), now => campaign.Either(victim, mules[0], campaign.Dice.Between(0.3, 0.6), now));
        }
        Trifles(10 + campaign.Dice.Below(30));
        return true;

        void Trifles(int count)
        {
            for (int i = 0; i < count; i++)
            {
                campaign.Step(campaign.About(20 * Campaign.Second),
                    now => campaign.Gold(victim, campaign.Dice.Pick(mules), Math.Max(0.0005, 1.5 / Math.Max(1, victim.Gold)), now));
            }
        }
    }

    private static TradeAction? BuyRubbish(Campaign campaign, Player victim, Player mule, double share, long at)
    {
        campaign.World.Accrue(victim, at);
        Item item = campaign.World.Market.Items[campaign.Dice.Below(3)];
        long gold = (long)(victim.Gold * share);
        long value = campaign.World.Market.ValueOf(item, at);
        return gold < 1 ? null : campaign.Apply(new Exchange(victim, mule, -gold, 1, value, TradeChannel.Auction, item.Id), at);
    }
}
