namespace Game.Worlds;

/// <summary>
/// The numbers that make one world unlike another: its wealth, prices, habits and networks. Shares are 0 to 1; money is in gold pieces; a sigma is that of a
/// logarithm.
/// </summary>
public sealed record WorldSettings
{
    /// <summary>Gold and goods of a usual player.</summary>
    public required double MedianWealth { get; init; }

    public required double WealthSigma { get; init; }

    /// <summary>Share of wealth that a usual player holds as gold.</summary>
    public required double GoldShare { get; init; }

    /// <summary>Worth of a usual trade, as a share of the player's wealth.</summary>
    public required double TradeShare { get; init; }

    /// <summary>How much the trades of one player differ.</summary>
    public required double TradeSigma { get; init; }

    /// <summary>Share of trades that move much more than is usual: a mount, a house.</summary>
    public required double BigTrades { get; init; }

    /// <summary>Share of the wealth that a day of play earns, by quests that are no trades.</summary>
    public required double DailyIncome { get; init; }

    /// <summary>How many kinds of item are traded.</summary>
    public required double Items { get; init; }

    /// <summary>How much the prices of different items differ.</summary>
    public required double PriceSigma { get; init; }

    /// <summary>How far an honest price is from the market's.</summary>
    public required double PriceNoise { get; init; }

    /// <summary>How far an item's price swings in weeks.</summary>
    public required double PriceSwing { get; init; }

    /// <summary>Growth of all prices in a day.</summary>
    public required double Inflation { get; init; }

    /// <summary>Share of sales in the auction house, between strangers.</summary>
    public required double AuctionShare { get; init; }

    /// <summary>Share of trades that are presents.</summary>
    public required double GiftShare { get; init; }

    /// <summary>Share of the giver's gold in a usual present.</summary>
    public required double GiftSize { get; init; }

    /// <summary>Sessions that a usual player has in a day.</summary>
    public required double SessionsPerDay { get; init; }

    public required double SessionsSigma { get; init; }

    public required double TradesPerSession { get; init; }

    /// <summary>Sessions on a day of the weekend for each on another day.</summary>
    public required double Weekend { get; init; }

    /// <summary>Share of logins that are preceded by a mistyped secret.</summary>
    public required double Typos { get; init; }

    /// <summary>Share of players who never play over a mobile network.</summary>
    public required double FixedOnly { get; init; }

    /// <summary>Days for which a provider leaves a line its address.</summary>
    public required double LeaseDays { get; init; }

    /// <summary>Days for which a player keeps a device.</summary>
    public required double DeviceDays { get; init; }

    /// <summary>Share of players with a second device.</summary>
    public required double SecondDevices { get; init; }

    /// <summary>Share of networks that the address table does not know.</summary>
    public required double UnknownNetworks { get; init; }

    /// <summary>Share of the cities in which players live.</summary>
    public required double Cities { get; init; }

    /// <summary>Share of players who are of a special kind (<see cref="PlayerKind"/>).</summary>
    public required double SpecialPlayers { get; init; }

    /// <summary>Campaigns for each player; one uses about four accounts.</summary>
    public required double Prevalence { get; init; }

    /// <summary>Seconds between the actions of a thief in a hurry.</summary>
    public required double ThiefSeconds { get; init; }

    /// <summary>Share of the victim's wealth that a thief takes.</summary>
    public required double StolenShare { get; init; }

    /// <summary>Festivals in a month: a day or two of presents, sales and more play.</summary>
    public required double Festivals { get; init; }

    /// <summary>How often in a month a provider gives all lines of a city other addresses.</summary>
    public required double Renumberings { get; init; }

    /// <summary>Hours in a month in which the address table places networks wrongly or not at all.</summary>
    public required double BrokenTableHours { get; init; }

    /// <summary>A world by its seed.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="outside">False for a world to train with; true for one to judge with, whose numbers lie outside the ranges of the others.</param>
    public static WorldSettings Draw(int seed, bool outside = false)
    {
        Dice dice = Dice.For(seed, "settings");
        return new WorldSettings
        {
            MedianWealth = Money(1_000, 500_000),
            WealthSigma = In(0.7, 1.8),
            GoldShare = Share(0.15, 0.7),
            TradeShare = Share(0.003, 0.03),
            TradeSigma = In(0.5, 1.1),
            BigTrades = Share(0.003, 0.03),
            DailyIncome = Share(0.001, 0.03),
            Items = In(15, 250),
            PriceSigma = In(0.7, 1.6),
            PriceNoise = Share(0.02, 0.12),
            PriceSwing = Share(0.03, 0.3),
            Inflation = Share(0.0002, 0.008),
            AuctionShare = Share(0.3, 0.8),
            GiftShare = Share(0.005, 0.06),
            GiftSize = Share(0.005, 0.05),
            SessionsPerDay = In(0.3, 1.3),
            SessionsSigma = In(0.4, 0.9),
            TradesPerSession = In(1.2, 5),
            Weekend = In(1, 1.8),
            Typos = Share(0.01, 0.06),
            FixedOnly = Share(0.3, 0.8),
            LeaseDays = In(4, 120),
            DeviceDays = In(150, 800),
            SecondDevices = Share(0.2, 0.6),
            UnknownNetworks = Share(0.005, 0.08),
            Cities = Share(0.25, 0.65),
            SpecialPlayers = Share(0.15, 0.5),
            Prevalence = Share(0.001, 0.005),
            ThiefSeconds = In(5, 120),
            StolenShare = Share(0.3, 0.9),
            Festivals = In(0.3, 2),
            Renumberings = In(0.2, 1.5),
            BrokenTableHours = In(1, 24),
        };

        double Money(double low, double high) => Math.Round(In(low, high));

        double Share(double low, double high) => Math.Min(1, In(low, high));

        // Evenly in the logarithm. Outside means beyond either end, by up to a quarter of the range.
        double In(double low, double high)
        {
            double ratio = high / low;
            if (!outside)
            {
                return low * Math.Pow(ratio, dice.Share());
            }
            double beyond = Math.Pow(ratio, dice.Share() / 4);
            return dice.Chance(0.5) ? low / beyond : high * beyond;
        }
    }
}
