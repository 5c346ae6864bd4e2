using System.Runtime.InteropServices;

namespace Faults.Tests.Brokers;

/// <summary>RLIMIT_FSIZE of a running process: no file may grow beyond it.</summary>
internal static partial class FileSizeLimit
{
    private const int FileSize = 1;
    private const ulong Unlimited = ulong.MaxValue;

    public static void Set(int processId, long bytes) => Change(processId, (ulong)bytes);

    public static void Lift(int processId) => Change(processId, Unlimited);

    private static void Change(int processId, ulong soft)
    {
        Limit limit = new() { Soft = soft, Hard = Unlimited };
        if (SetLimit(processId, FileSize, limit, 0) != 0)
        {
            Assert.Skip($"this system does not let a test set another process's limit on file sizes (errno {Marshal.GetLastPInvokeError()})");
        }
    }

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static partial int SetLimit(int processId, int resource, in Limit newLimit, nint oldLimit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
