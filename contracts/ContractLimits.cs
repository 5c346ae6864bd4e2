namespace Game.Contracts;

/// <summary>The bounds of the contract. A value outside them is refused with a named error, by writers and readers alike.</summary>
public static class ContractLimits
{
    /// <summary>Bytes of one record's value: an order of magnitude above the largest real event, so that a hostile one costs little.</summary>
    public const int MaxValueBytes = 64 * 1024;

    /// <summary>UTF-8 bytes of an identifier (user, session, device, item …).</summary>
    public const int MaxIdBytes = 128;

    /// <summary>Gold, prices and wealth stay within ±2^53: exact in every JSON reader, and 1,000 of them add up within 64 bits.</summary>
    public const long MaxGold = 1L << 53;

    /// <summary>Pieces of one item in one trade.</summary>
    public const int MaxItemDelta = 1_000_000_000;

    /// <summary>9999-12-31T23:59:59.999Z in epoch milliseconds.</summary>
    public const long MaxTimestamp = 253_402_300_799_999;
}
