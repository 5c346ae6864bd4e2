namespace Game.Cli.Processes;

/// <summary>
/// The order in which the processes of a system are stopped: those that write, those that read, the stores, and last ZooKeeper, which brokers need to hand over
/// their leaderships.
/// </summary>
internal static class StopOrder
{
    /// <summary>The processes in steps: those of a step are stopped together.</summary>
    /// <param name="processes">The processes of a system.</param>
    /// <param name="name">Gives the name of a process in the system.</param>
    public static IEnumerable<IReadOnlyList<T>> Steps<T>(IEnumerable<T> processes, Func<T, string> name)
        => processes.GroupBy(process => StepOf(name(process))).OrderBy(step => step.Key).Select(step => step.ToList());

    private static int StepOf(string name) => name switch
    {
        _ when name.StartsWith("game-server", StringComparison.Ordinal) => 0,
        _ when name.StartsWith(Brokers.Name, StringComparison.Ordinal) => 2,
        GameSystem.LocalWebHdfs => 2,
        ZooKeeperServer.Name => 3,
        _ => 1,
    };
}
