namespace Game.Worlds;

/// <summary>A kind of item.</summary>
/// <param name="Id">Its name.</param>
/// <param name="BasePrice">Its price on the world's first day, gold pieces.</param>
/// <param name="Phase">Where its price's swings begin, radians.</param>
/// <param name="SwingDays">Length of a swing.</param>
public sealed record Item(string Id, double BasePrice, double Phase, double SwingDays);

/// <summary>What items are worth at any time: a function of the seed and the time, whatever players do.</summary>
public sealed class Market
{
    private const double MillisPerDay = 86_400_000;
    private static readonly string[] Words = ["sword", "bow", "shield", "potion", "gem", "ore", "herb", "scroll", "mount", "cloak", "ring", "rune"];

    private readonly WorldSettings _settings;
    private readonly long _startMs;
    private readonly Item[] _items;

    internal Market(WorldSettings settings, Dice dice, long startMs)
    {
        _settings = settings;
        _startMs = startMs;
        double median = settings.MedianWealth * settings.TradeShare;
        Item[] items = [.. Enumerable.Range(0, Math.Max(5, (int)settings.Items)).Select(i => new Item(
            i < Words.Length ? Words[i] : $"{Words[i % Words.Length]}-{i / Words.Length}",
            Math.Max(1, dice.LogNormal(median, settings.PriceSigma)), dice.Between(0, 2 * Math.PI), dice.Between(5, 40)))];
        _items = [.. items.OrderBy(item => item.BasePrice)];
    }

    /// <summary>By price.</summary>
    public IReadOnlyList<Item> Items => _items;

    /// <summary>How prices as a whole have grown since the world's first day.</summary>
    public double Level(long atMs) => Math.Exp(_settings.Inflation * (atMs - _startMs) / MillisPerDay);

    /// <summary>The market's value of one piece, at least 1.</summary>
    public long ValueOf(Item item, long atMs)
    {
        double swing = _settings.PriceSwing * Math.Sin(item.Phase + 2 * Math.PI * (atMs - _startMs) / MillisPerDay / item.SwingDays);
        return Math.Max(1, (long)(item.BasePrice * Level(atMs) * Math.Exp(swing)));
    }

    /// <summary>An item that costs about so much, and how many pieces come nearest to it.</summary>
    public (Item Item, long Value, int Pieces) About(Dice dice, double worth, long atMs)
    {
        int most = Array.FindLastIndex(_items, item => item.BasePrice <= worth);
        Item item = most < 0 ? _items[0] : _items[Math.Max(0, most - dice.Below(Math.Min(_items.Length, 8)))];
        long value = ValueOf(item, atMs);
        return (item, value, (int)Math.Clamp(Math.Round(worth / value), 1, 100_000));
    }
}
