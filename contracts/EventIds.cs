namespace Game.Contracts;

/// <summary>How idempotency keys become event ids.</summary>
public static class EventIds
{
    private const int LastByte = 15;

    /// <summary>
    /// The key with its last bit set to the side: the ids of the two events of a trade differ in that bit only; a login has the bit of the first side. A retry
    /// with the same key therefore completes a half-published trade under the same ids.
    /// </summary>
    public static Guid ForSide(Guid idempotencyKey, TradeSide side)
    {
        Span<byte> bytes = stackalloc byte[16];
        idempotencyKey.TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[LastByte] = (byte)((bytes[LastByte] & 0xFE) | (byte)side);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Whether <paramref name="key"/> is what clients may send: an RFC 9562 version 7 UUID.</summary>
    public static bool IsUuidV7(Guid key) => key.Version == 7 && (key.Variant & 0xC) == 0x8;
}
