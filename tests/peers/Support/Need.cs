namespace Peers.Tests.Support;

/// <summary>Skips a case with a reason if its programs are not installed, or if it was not asked for.</summary>
internal static class Need
{
    /// <summary>Apache's programs and Java.</summary>
    public static void Apache() => Assert.SkipWhen(Running.Peers.Absent is not null, Running.Peers.Absent ?? "");

    /// <summary>Apache's programs and ZooKeeper's C client, for a cluster that ours are members of.</summary>
    public static void Cluster()
    {
        Apache();
        Assert.SkipWhen(ZooKeeperServer.AbsentWithClient is not null, ZooKeeperServer.AbsentWithClient ?? "");
    }

    /// <summary>Also needs --peers, because the case takes longer than a smoke test may.</summary>
    public static void AllCases()
    {
        Apache();
        Assert.SkipUnless(Running.Peers.AllCases, "Only in ./game test --peers.");
    }
}
