namespace Running;

/// <summary>Where a program runs: the address that it listens on, and what starts it there.</summary>
/// <param name="Address">An IP address.</param>
/// <param name="Enter">A command that runs the program given after it in place of itself; empty for this process's own network.</param>
public sealed record Place(string Address, IReadOnlyList<string> Enter)
{
    /// <summary>The loopback address.</summary>
    public static Place Here { get; } = new("127.0.0.1", []);

    /// <summary>Starts a program there; its process id is the program's own.</summary>
    /// <param name="program">A path, or the name of a program in PATH.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="environment">Variables that are added to this process's own.</param>
    public RunningProgram Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] all = [.. Enter, program, .. arguments];
        return RunningProgram.Start(all[0], all[1..], environment);
    }
}
