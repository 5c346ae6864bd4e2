namespace Game.Detector.Windows;

/// <summary>What an alert is about. A quiet time holds for one of them.</summary>
internal enum FindingKind : byte
{
    /// <summary>A free slot of the table.</summary>
    None,

    /// <summary>A successful login; its subject is the address range.</summary>
    Login,

    /// <summary>A failed login; its subject is the address range.</summary>
    FailedLogin,

    /// <summary>Wealth that leaves; its subject is the partner together with the address range.</summary>
    Loss,

    /// <summary>Wealth that comes in; its subject is the partner together with the address range.</summary>
    Gain,

    /// <summary>Other content under a used event id; its subject is the id.</summary>
    ReusedId,
}

/// <summary>Something that a rule would raise an alert for; the table keeps those that did. 16 bytes.</summary>
internal struct Finding
{
    /// <summary>A hash of the subject that <see cref="FindingKind"/> names.</summary>
    public ulong Subject;

    /// <summary>Epoch minutes of the event.</summary>
    public uint Minute;

    /// <summary>The score in steps of <see cref="Arithmetic.ScoreSteps"/>.</summary>
    public ushort Score;

    public FindingKind Kind;

    /// <summary>Of a misdated event: such findings quiet each other and no others.</summary>
    public bool IsMisdated;
}

/// <summary>
/// The newest alerts on a player, which hold back floods: for some time after an alert, a finding of the same kind and subject raises no other, unless its
/// score is clearly higher. An alert holds back nothing else: an alert on a failed login, or on another address range, does not hold back one on a successful
/// login.
/// </summary>
internal static class QuietTimes
{
    /// <summary>How many alerts of a player are remembered. A new one replaces the oldest, which can only lead to one more alert.</summary>
    public const int SlotCount = 12;

    /// <summary>
    /// Failed logins and reused ids cost their sender nothing, so anyone can send them with many subjects. Once this many subjects have alerts, findings of
    /// other subjects raise none.
    /// </summary>
    public const int MaxCheapSubjects = 4;

    /// <summary>A second alert within the quiet time needs a score that is at least 0.1 higher.</summary>
    private const int Escalation = Arithmetic.ScoreSteps.PerUnit / 10;

    /// <summary>Whether a finding becomes an alert, given the alerts remembered; where it does, it is remembered.</summary>
    public static bool TryRaise(Span<Finding> table, in Finding finding, int quietMinutes)
    {
        int same = Find(table, finding);
        bool isHeldBack = same >= 0 && IsQuiet(table[same], finding, quietMinutes)
            ? !Escalates(finding, table[same].Score)
            : finding.Kind is FindingKind.FailedLogin or FindingKind.ReusedId && IsFlood(table, finding, quietMinutes);
        if (isHeldBack)
        {
            return false;
        }

        table[same >= 0 ? same : Oldest(table)] = finding;
        return true;
    }

    private static bool IsQuiet(in Finding alert, in Finding finding, int quietMinutes) => Math.Abs((long)finding.Minute - alert.Minute) < quietMinutes;

    private static bool Escalates(in Finding finding, int alertScore) => finding.Score >= alertScore + Escalation;

    private static bool IsSameKind(in Finding alert, in Finding finding) => alert.Kind == finding.Kind && alert.IsMisdated == finding.IsMisdated;

    private static int Find(ReadOnlySpan<Finding> table, in Finding finding)
    {
        for (int i = 0; i < table.Length; i++)
        {
            if (IsSameKind(table[i], finding) && table[i].Subject == finding.Subject)
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsFlood(ReadOnlySpan<Finding> table, in Finding finding, int quietMinutes)
    {
        int subjects = 0, highest = 0;
        foreach (ref readonly Finding alert in table)
        {
            if (IsSameKind(alert, finding) && IsQuiet(alert, finding, quietMinutes))
            {
                subjects++;
                highest = Math.Max(highest, alert.Score);
            }
        }

        return subjects >= MaxCheapSubjects && !Escalates(finding, highest);
    }

    private static int Oldest(ReadOnlySpan<Finding> table)
    {
        int oldest = 0;
        for (int i = 0; i < table.Length; i++)
        {
            if (table[i].Kind == FindingKind.None)
            {
                return i;
            }

            if (table[i].Minute < table[oldest].Minute)
            {
                oldest = i;
            }
        }

        return oldest;
    }
}
