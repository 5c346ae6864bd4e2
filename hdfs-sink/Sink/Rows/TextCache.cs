using System.Text;

namespace Game.HdfsSink.Rows;

/// <summary>
/// Returns the same string for the same bytes, for columns with few different values (countries, servers, items): otherwise a batch of 128k rows would hold a
/// million copies of them. Direct-mapped, so it never grows; a collision only makes another string. One thread at a time.
/// </summary>
internal sealed class TextCache
{
    /// <summary>More than a game has items or servers; the references take 16 kB.</summary>
    private const int Slots = 2048;

    private readonly (ulong Hash, string Text)[] _slots = new (ulong, string)[Slots];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return "";
        }
        ulong hash = Hash(utf8);
        ref (ulong Hash, string Text) slot = ref _slots[hash % Slots];
        if (slot.Text is null || slot.Hash != hash || !Holds(slot.Text, utf8))
        {
            slot = (hash, Encoding.UTF8.GetString(utf8));
        }
        return slot.Text;
    }

    private static bool Holds(string text, ReadOnlySpan<byte> utf8)
    {
        Span<byte> bytes = stackalloc byte[Contracts.ContractLimits.MaxIdBytes];
        return Encoding.UTF8.TryGetBytes(text, bytes, out int written) && bytes[..written].SequenceEqual(utf8);
    }

    // FNV-1a: inputs are short, and Get compares the text, so collisions do no harm.
    private static ulong Hash(ReadOnlySpan<byte> utf8)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in utf8)
        {
            hash = (hash ^ b) * 1099511628211;
        }
        return hash;
    }
}
