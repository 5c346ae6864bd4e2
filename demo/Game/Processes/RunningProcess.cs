namespace Game.Cli.Processes;

/// <summary>A process of a running system, with what distinguishes it from a later process that gets the same id.</summary>
/// <param name="Name">The name of the process in the system, e.g. "detector-1".</param>
/// <param name="Id">Process id.</param>
/// <param name="Program">Path of the program.</param>
/// <param name="StartTime">Clock ticks from the machine's start to the process's (field 22 of /proc/PID/stat, proc_pid_stat(5)).</param>
internal sealed record RunningProcess(string Name, int Id, string Program, long StartTime)
{
    private const int FieldsBeforeStartTime = 19; // after the name's parenthesis: fields 3 to 21

    /// <summary>Whether the process still runs: its id, start time and program are the same. After a reboot, another one can have the first two.</summary>
    public bool IsAlive => StartTimeOf(Id) == StartTime && Read(Id, "cmdline")?.Contains(Program, StringComparison.Ordinal) == true;

    public static RunningProcess Of(string name, int id, string program) => new(name, id, program, StartTimeOf(id) ?? 0);

    private static long? StartTimeOf(int id)
    {
        // The name before the last parenthesis may hold anything, spaces and parentheses too.
        if (Read(id, "stat") is not { } stat)
        {
            return null;
        }
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > FieldsBeforeStartTime && long.TryParse(fields[FieldsBeforeStartTime], out long ticks) ? ticks : null;
    }

    private static string? Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // the process has ended, or belongs to another user
        }
    }
}
