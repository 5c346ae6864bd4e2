using System.Runtime.InteropServices;

namespace Game.Cli.Processes;

/// <summary>Signals to other processes, which .NET cannot send.</summary>
internal static partial class Signals
{
    private const int Sigterm = 15;
    private const int Sigkill = 9;

    public static void Terminate(int processId) => _ = Kill(processId, Sigterm);

    public static void KillAtOnce(int processId) => _ = Kill(processId, Sigkill);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
