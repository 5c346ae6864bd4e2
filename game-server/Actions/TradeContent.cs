using Game.Contracts;

namespace Game.GameServer.Actions;

/// <summary>What makes a trade another one: the same key with the same content is a retry.</summary>
internal static class TradeContent
{
    private const int Texts = 4;
    private const int Numbers = 10;

    /// <summary>A digest of who the sides are and all that was settled; not of their sessions, which may be opened anew before a retry.</summary>
    public static UInt128 Of(TradeEvent first, TradeEvent second)
    {
        var digest = new ContentDigest(stackalloc byte[(Texts * (ContentDigest.LengthBytes + ContractLimits.MaxIdBytes)) + (Numbers * ContentDigest.NumberBytes)]);
        digest.Add(first.TradeId);
        digest.Add(first.ItemId);
        digest.Add((long)first.Channel);
        digest.Add(first.ItemValue);
        AddSide(ref digest, first);
        AddSide(ref digest, second);
        return digest.Compute();
    }

    private static void AddSide(ref ContentDigest digest, TradeEvent side)
    {
        digest.Add(side.UserId);
        digest.Add(side.GoldDelta);
        digest.Add(side.GoldBalance);
        digest.Add(side.ItemDelta);
        digest.Add(side.InventoryValue);
    }
}
