using System.Runtime.InteropServices;

namespace Running;

/// <summary>Signals by their Linux numbers.</summary>
public enum Signal
{
    HangUp = 1,
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>Sends signals to processes, which .NET cannot do.</summary>
public static partial class Signals
{
    public static void Send(int processId, Signal signal) => _ = Kill(processId, (int)signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
