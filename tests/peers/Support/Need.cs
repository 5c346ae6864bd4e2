namespace Peers.Tests.Support;

/// <summary>Skips a case, saying why, where what it needs is not there or not asked for.</summary>
internal static class Need
{
    /// <summary>Apache's programs and Java.</summary>
    public static void Apache() => Assert.SkipWhen(Running.Peers.Absent is not null, Running.Peers.Absent ?? "");

    /// <summary>Besides, that all cases were asked for: this one takes longer than a smoke case may.</summary>
    public static void AllCases()
    {
        Apache();
        Assert.SkipUnless(Running.Peers.AllCases, "Only in ./game test --peers.");
    }
}
