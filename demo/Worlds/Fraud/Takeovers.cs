using Game.Contracts;

namespace Game.Worlds.Fraud;

/// <summary>Somebody else logs in to the victim's account and takes what is there.</summary>
internal static class Takeovers
{
    /// <summary>From somewhere else, mostly on a device that the victim never used, all within minutes.</summary>
    public static bool Hurried(Campaign campaign, long at, Func<Player, Presence> where, Func<Player, bool>? fits = null)
    {
        if (campaign.JoinVictim(at, fits) is not { } victim)
        {
            return false;
        }
        Enter(campaign, victim, where(victim), 0);
        Empty(campaign, victim, at);
        return true;
    }

    /// <summary>A thief who takes a part a day, for days, while the owner plays on.</summary>
    public static bool Slow(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        Presence thief = campaign.Dice.Chance(0.5) ? campaign.Casting.SameCountry(victim) : campaign.Casting.Near(victim);
        Player mule = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule);
        int visits = 3 + campaign.Dice.Below(5);
        for (int visit = 0; visit < visits; visit++)
        {
            campaign.Step(visit == 0 ? 0 : campaign.About(0.7 * Campaign.Day), now => campaign.Login(victim, thief, now));
            int thefts = 1 + campaign.Dice.Below(3);
            for (int theft = 0; theft < thefts; theft++)
            {
                campaign.Step(campaign.About(3 * Campaign.Minute), now => campaign.Either(victim, mule, campaign.Dice.Between(0.1, 0.3), now));
            }
            campaign.Step(campaign.About(Campaign.Minute), campaign.Leave);
        }
        return true;
    }

    /// <summary>After a row of wrong secrets.</summary>
    public static bool Guessed(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        Presence thief = campaign.Dice.Chance(0.5) ? campaign.Casting.Abroad(victim) : campaign.Casting.SameCountry(victim);
        int guesses = 3 + campaign.Dice.Below(12);
        for (int guess = 0; guess < guesses; guess++)
        {
            campaign.Step(guess == 0 ? 0 : campaign.About(campaign.ThiefMs / 2), now => campaign.Login(victim, thief, now, correctSecret: false));
        }
        Enter(campaign, victim, thief, campaign.ThiefMs);
        Empty(campaign, victim, at);
        return true;
    }

    /// <summary>On the victim's own device and line, at an hour at which the victim sleeps.</summary>
    public static bool OwnDevice(Campaign campaign, long at)
    {
        if (campaign.JoinVictim(at) is not { } victim)
        {
            return false;
        }
        campaign.Step(campaign.UntilHourOf(victim, at, hoursLater: 12),
            now => campaign.Login(victim, campaign.World.Connections.AtHome(victim, victim.Connection.Devices[0], now), now));
        Empty(campaign, victim, at);
        return true;
    }

    /// <summary>An account whose owner has not come for weeks.</summary>
    public static bool Dormant(Campaign campaign, long at)
    {
        if (campaign.Casting.Sleeper(at) is not { } victim)
        {
            return false;
        }
        campaign.Join(victim, CampaignRole.Victim);
        Enter(campaign, victim, campaign.Dice.Chance(0.5) ? campaign.Casting.Abroad(victim) : campaign.Casting.Near(victim), 0);
        Empty(campaign, victim, at);
        return true;
    }

    /// <summary>Secrets of another game, tried on many accounts from few addresses; where one fits, the account is emptied.</summary>
    public static bool Stuffing(Campaign campaign, long at)
    {
        int tried = 8 + campaign.Dice.Below(20);
        Presence[] sources = [];
        List<Player> open = [];
        for (int i = 0; i < tried && campaign.JoinVictim(at) is { } account; i++)
        {
            sources = sources.Length > 0 ? sources : [.. Enumerable.Range(0, 1 + campaign.Dice.Below(3)).Select(_ => campaign.Casting.Abroad(account))];
            bool fits = open.Count == 0 && i > tried / 2 || campaign.Dice.Chance(0.15);
            Presence from = campaign.Dice.Pick(sources);
            campaign.Step(campaign.About(campaign.ThiefMs / 2), now => campaign.Login(account, from, now, fits));
            if (fits)
            {
                open.Add(account);
            }
        }
        if (open.Count == 0)
        {
            return false;
        }
        Player mule = campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule);
        foreach (Player victim in open)
        {
            int thefts = 1 + campaign.Dice.Below(3);
            for (int theft = 0; theft < thefts; theft++)
            {
                campaign.Step(campaign.About(campaign.ThiefMs), now => campaign.Either(victim, mule, campaign.Dice.Between(0.3, 0.9), now));
            }
        }
        return true;
    }

    // Every seventh thief has copied the victim's device id too.
    private static void Enter(Campaign campaign, Player victim, Presence place, double waitMs)
    {
        Presence thief = campaign.Dice.Chance(0.15) ? place with { DeviceId = victim.Connection.Devices[0] } : place;
        campaign.Step(waitMs, now => campaign.Login(victim, thief, now));
    }

    /// <summary>Takes the share that thieves of this world take, in a few trades, to one or two mules.</summary>
    private static void Empty(Campaign campaign, Player victim, long at)
    {
        Player[] mules = [.. Enumerable.Range(0, 1 + campaign.Dice.Below(2)).Select(_ => campaign.Join(campaign.Casting.Mule(at), CampaignRole.Mule))];
        int thefts = 2 + campaign.Dice.Below(4);
        double left = Math.Clamp(1 - campaign.World.Settings.StolenShare * campaign.Dice.Between(0.7, 1.2), 0.02, 0.8);
        double share = 1 - Math.Pow(left, 1.0 / thefts);
        for (int theft = 0; theft < thefts * 2; theft++)
        {
            Player mule = campaign.Dice.Pick(mules);
            campaign.Step(campaign.About(campaign.ThiefMs),
                now => campaign.Either(victim, mule, Math.Clamp(share * campaign.Dice.Between(0.7, 1.3), 0.02, 1), now));
        }
    }
}
