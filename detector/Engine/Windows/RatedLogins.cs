namespace Game.Detector.Windows;

/// <summary>The rating of an address range's logins: 16 bytes. Network 0 marks a free slot.</summary>
internal struct RatedLogin
{
    public ulong Network;

    /// <summary>Epoch minutes of the login that was rated.</summary>
    public uint Minute;

    /// <summary>The score that ip-change gave it, 0 to 255.</summary>
    public byte Risk;
}

/// <summary>
/// The ratings of logins from the last few address ranges, kept outside the ring. So many cheap trades do not push the rating of an unusual login out, and a
/// second login from its range, which is familiar by then, does not lower it. A new range replaces the one with the lowest rating.
/// </summary>
internal static class RatedLogins
{
    /// <summary>The slot of <paramref name="network"/>, or −1.</summary>
    public static int Find(ReadOnlySpan<RatedLogin> table, ulong network)
    {
        for (int i = 0; i < table.Length; i++)
        {
            if (table[i].Network == network)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether a rating still counts at <paramref name="minute"/>.</summary>
    public static bool Counts(in RatedLogin login, uint minute, uint lastsMinutes)
        => (login.Minute > minute ? login.Minute - minute : minute - login.Minute) <= lastsMinutes;

    /// <summary>Remembers a successful login; a higher rating of the same range stays as long as it counts.</summary>
    public static void Remember(Span<RatedLogin> table, in RatedLogin login, uint lastsMinutes)
    {
        int slot = Find(table, login.Network);
        if (slot >= 0 && table[slot].Risk > login.Risk && Counts(table[slot], login.Minute, lastsMinutes))
        {
            return;
        }
        table[slot >= 0 ? slot : Weakest(table, login.Minute, lastsMinutes)] = login;
    }

    private static int Weakest(ReadOnlySpan<RatedLogin> table, uint minute, uint lastsMinutes)
    {
        int weakest = 0;
        for (int i = 1; i < table.Length; i++)
        {
            int risk = Weight(table[i], minute, lastsMinutes), least = Weight(table[weakest], minute, lastsMinutes);
            if (risk < least || (risk == least && table[i].Minute < table[weakest].Minute))
            {
                weakest = i;
            }
        }

        return weakest;
    }

    private static int Weight(in RatedLogin login, uint minute, uint lastsMinutes)
        => login.Network != 0 && Counts(login, minute, lastsMinutes) ? login.Risk : -1;
}
