namespace Broker.Storage;

/// <summary>Ids from a given source of randomness, so that a simulated history has the same ones each time.</summary>
public static class RandomExtensions
{
    /// <summary>A random UUID (version 4), as Java's <c>UUID.randomUUID</c> makes one.</summary>
    public static Guid NextUuid(this Random random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
