namespace Game.Worlds.Fraud;

/// <summary>A kind of fraud.</summary>
/// <param name="Name">By which results are counted; in <c>simulation-truth</c>.</param>
/// <param name="Plan">Casts a campaign that begins at an instant and plans its steps; false where the world has nobody left for it.</param>
internal sealed record Scenario(string Name, Func<Campaign, long, bool> Plan);

/// <summary>All kinds of fraud.</summary>
public static class Scenarios
{
    private static readonly Scenario[] Table =
    [
        new("takeover-abroad", (c, at) => Takeovers.Hurried(c, at, c.Casting.Abroad)),
        new("takeover-same-country", (c, at) => Takeovers.Hurried(c, at, c.Casting.SameCountry, c.Casting.HasCompatriots)),
        new("takeover-near", (c, at) => Takeovers.Hurried(c, at, c.Casting.Near)),
        new("takeover-vpn", (c, at) => Takeovers.Hurried(c, at, c.Casting.Vpn)),
        new("takeover-slow", Takeovers.Slow),
        new("takeover-guessed", Takeovers.Guessed),
        new("takeover-own-device", Takeovers.OwnDevice),
        new("dormant-account", Takeovers.Dormant),
        new("credential-stuffing", Takeovers.Stuffing),
        new("session-theft", Insiders.SessionTheft),
        new("coercion", Insiders.Coercion),
        new("drip", Insiders.Drip),
        new("goods-for-nothing", Insiders.GoodsForNothing),
        new("absurd-price", Insiders.AbsurdPrice),
        new("window-flushing", Insiders.WindowFlushing),
        new("mule-chain", Rings.MuleChain),
        new("laundering-circle", Rings.Circle),
        new("bot-farm", Rings.BotFarm),
        new("gold-injection", Rings.Injection),
        new("price-manipulation", Rings.PriceManipulation),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(scenario => scenario.Name)];

    /// <summary>Plans a campaign that begins at an instant; null where the world has nobody left for it.</summary>
    internal static Campaign? Plan(string name, Casting casting, long at)
    {
        Campaign campaign = new(casting, name);
        return Table.First(scenario => scenario.Name == name).Plan(campaign, at) ? campaign : null;
    }
}
