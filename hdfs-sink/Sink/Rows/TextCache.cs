using System.Text;

namespace Game.HdfsSink.Rows;

/// <summary>
/// Gives the same string for the same bytes, for columns of few different values (countries, servers, items): a batch of 128k rows would else hold a million
/// copies of them. Direct-mapped, so it never grows; a clash only makes another string. One thread at a time.
/// </summary>
internal sealed class TextCache
{
    /// <summary>More than a game has items or servers; 16 kB of references.</summary>
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

    // FNV-1a: short inputs, and the answer is checked.
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
