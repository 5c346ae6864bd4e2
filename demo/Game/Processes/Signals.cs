using System.Runtime.InteropServices;

namespace Game.Cli.Processes;

/// <summary>Signals to other processes, which .NET cannot send.</summary>
internal static partial class Signals
{
    private const int Sigterm = 15;
    private const int Sigkill = 9;
    private const int Sigcont = 18;
    private const int Sigstop = 19;

    /// <summary>Asks the process to end. One that is paused handles the signal only when it continues, so it continues.</summary>
    public static void Terminate(int processId)
    {
        _ = Kill(processId, Sigterm);
        Continue(processId);
    }

    public static void Pause(int processId) => _ = Kill(processId, Sigstop);

    public static void Continue(int processId) => _ = Kill(processId, Sigcont);

    public static void KillAtOnce(int processId) => _ = Kill(processId, Sigkill);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
