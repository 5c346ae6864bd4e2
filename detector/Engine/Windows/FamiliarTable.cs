namespace Game.Detector.Windows;

/// <summary>A network, device or trading partner that a player has used: 24 bytes. Key 0 marks a free slot.</summary>
internal struct FamiliarEntry
{
    public ulong Key;

    /// <summary>Epoch minutes of the first use: 32 bits of them reach beyond the contract's last time stamp.</summary>
    public uint FirstMinute;

    /// <summary>Epoch minutes of the newest use.</summary>
    public uint LastMinute;

    /// <summary>Networks only; 0 unknown.</summary>
    public uint Asn;

    /// <summary>Networks only; 0 unknown.</summary>
    public ushort Country;

    /// <summary>Uses, saturating, halved with the baseline.</summary>
    public ushort Count;
}

/// <summary>
/// The few networks, devices or partners that a player uses again and again, in constant space. A new one replaces the one with the fewest uses (of those the
/// longest unused, of those the first), so that what is used once never replaces what is used often.
/// </summary>
internal static class FamiliarTable
{
    /// <summary>The slot of <paramref name="key"/>, or −1.</summary>
    public static int Find(ReadOnlySpan<FamiliarEntry> table, ulong key)
    {
        for (int i = 0; i < table.Length; i++)
        {
            if (table[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Counts one use; a key that is not in the table replaces the weakest entry. The caller may set the network details of the entry.</summary>
    public static ref FamiliarEntry Use(Span<FamiliarEntry> table, ulong key, uint minute)
    {
        int found = Find(table, key);
        if (found < 0)
        {
            found = Weakest(table);
            table[found] = new FamiliarEntry { Key = key, FirstMinute = minute, LastMinute = minute };
        }

        ref FamiliarEntry entry = ref table[found];
        entry.LastMinute = Math.Max(entry.LastMinute, minute);
        if (entry.Count < ushort.MaxValue)
        {
            entry.Count++;
        }
        return ref entry;
    }

    /// <summary>Halves the counts; an entry whose count is 0 stays known until its slot is needed.</summary>
    public static void Halve(Span<FamiliarEntry> table, int times)
    {
        foreach (ref FamiliarEntry entry in table)
        {
            entry.Count = (ushort)(entry.Count >> times);
        }
    }

    private static int Weakest(ReadOnlySpan<FamiliarEntry> table)
    {
        int weakest = 0;
        for (int i = 0; i < table.Length; i++)
        {
            if (table[i].Key == 0)
            {
                return i;
            }
            if (table[i].Count < table[weakest].Count || (table[i].Count == table[weakest].Count && table[i].LastMinute < table[weakest].LastMinute))
            {
                weakest = i;
            }
        }

        return weakest;
    }
}
