namespace Broker.Storage.Files;

/// <summary>
/// How the open files that a process may have are shared out: half of them for the logs' files, an eighth, at most 256, for what comes and goes (files in use
/// beyond the cache's, checkpoints, folders being synced, listeners, the metrics' page), the rest for connections.
/// </summary>
/// <param name="Files">Files that the cache of a broker's logs keeps open.</param>
/// <param name="Connections">Connections of clients.</param>
public readonly record struct HandleShares(int Files, int Connections)
{
    /// <summary>More open files gain nothing, and each costs the kernel memory.</summary>
    private const int MostFiles = 65_536;

    private const int FewestFiles = 64;

    /// <summary>The limit that is assumed where the system does not report one.</summary>
    private const long UsualLimit = 8_192;

    /// <summary>For this process; the runtime has raised its soft limit to the hard one.</summary>
    public static HandleShares OfProcess() => Of(LinuxCalls.OpenFileLimit() ?? UsualLimit);

    /// <summary>For a limit of open files.</summary>
    public static HandleShares Of(long limit)
    {
        long files = Math.Clamp(limit / 2, FewestFiles, MostFiles);
        long reserve = Math.Min(limit / 8, 256);
        return new HandleShares((int)files, (int)Math.Clamp(limit - files - reserve, FewestFiles, int.MaxValue));
    }
}
