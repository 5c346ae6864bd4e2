using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Game.Cli.Bench;

/// <summary>Brings the machine into the same state before each measurement, so that none pays for what came before it.</summary>
internal static class Machine
{
    /// <summary>Twice what the brokers of a cluster write while a load of ten seconds runs: meanwhile the host takes back the other half.</summary>
    private const long Touched = 10L << 30;

    private const long Chunk = 64L << 20;

    /// <summary>Flushes what was written before to the disk, so that no measurement waits for the bytes of another one.</summary>
    public static void FlushDisk()
    {
        using Process sync = Process.Start("sync");
        sync.WaitForExit();
    }

    /// <summary>
    /// Writes to free memory and frees it again. A virtual machine may give free memory back to its host within seconds; whoever writes to it then pays for
    /// getting it again, up to two seconds of CPU time for each GiB: as much as a broker needs for the records that it writes there.
    /// </summary>
    public static unsafe void TouchFreeMemory()
    {
        long chunks = Math.Min(Touched, FreeMemory() * 3 / 4) / Chunk;
        void* memory = NativeMemory.Alloc((nuint)(chunks * Chunk));
        try
        {
            nint start = (nint)memory;
            Parallel.For(0, chunks, chunk =>
            {
                for (long at = chunk * Chunk; at < (chunk + 1) * Chunk; at += Environment.SystemPageSize)
                {
                    ((byte*)start)[at] = 1;
                }
            });
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private static long FreeMemory()
    {
        string line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith("MemFree:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
