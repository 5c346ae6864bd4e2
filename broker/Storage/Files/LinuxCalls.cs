using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Broker.Storage.Files;

/// <summary>
/// The system calls of Linux that .NET does not offer: fsync of a folder, a lock that Java respects and that holds within a process too, the limit of open
/// files, sendfile.
/// </summary>
internal static partial class LinuxCalls
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x80000 | 0x10000;
    private const int OpenFileDescriptionSetLock = 37;
    private const int LimitOfOpenFiles = 7;
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int InvalidArgument = 22;
    private const int NotImplemented = 38;
    private const int BrokenPipe = 32;
    private const int NetworkUnreachable = 101;
    private const int ConnectionAborted = 103;
    private const int ConnectionReset = 104;
    private const int NotConnected = 107;
    private const int TimedOut = 110;
    private const int HostUnreachable = 113;

    private const int NoWait = 8;

    /// <summary>The usual readahead: what lies within it of a cached page was most likely read with it.</summary>
    private const int ProbeStep = 128 * 1024;

    /// <summary>Flushes a folder's entries to the disk.</summary>
    public static void SyncDirectory(string path)
    {
        int descriptor = Open(path, DirectoryFlags());
        if (descriptor < 0)
        {
            throw Failure("open", path);
        }
        try
        {
            // Some file systems (of network or user space) do not know fsync of a folder and say EINVAL; there is nothing more to be done on them.
            if (Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw Failure("fsync", path);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>
    /// Takes a write lock on the whole file. Java's FileChannel.tryLock takes a POSIX record lock (fcntl F_SETLK), with which this one conflicts;
    /// being bound to the open file and not to the process, it also keeps a second broker of this process out and is not lost when another handle of the file
    /// closes.
    /// </summary>
    /// <returns>False where another holds it.</returns>
    public static bool TryLockWhole(SafeHandle file)
    {
        FileLock request = new() { Type = 1 };
        return Fcntl(file, OpenFileDescriptionSetLock, ref request) == 0;
    }

    /// <summary>The soft limit of open files of this process; null where it cannot be had.</summary>
    public static long? OpenFileLimit()
        => GetResourceLimit(LimitOfOpenFiles, out ResourceLimit limit) == 0 ? (long)Math.Min(limit.Soft, long.MaxValue) : null;

    /// <summary>Hands bytes of a file to a socket within the system.</summary>
    /// <returns>As <see cref="IOpenFile.SendTo"/>.</returns>
    public static int? SendFile(SafeHandle socket, SafeHandle file, long position, int count)
    {
        long offset = position;
        nint sent = SendFile(socket, file, ref offset, count);
        if (sent >= 0)
        {
            return sent > 0 ? (int)sent : null;
        }
        int error = Marshal.GetLastPInvokeError();
        return error switch
        {
            TryAgain or Interrupted => 0,
            InvalidArgument or NotImplemented => null,
            BrokenPipe or NetworkUnreachable or ConnectionAborted or ConnectionReset or NotConnected or TimedOut or HostUnreachable
                => throw new IOException("the connection has ended", new SocketException((int)SocketError.ConnectionReset)),
            _ => throw new IOException($"sendfile failed: {Marshal.GetPInvokeErrorMessage(error)}", error),
        };
    }

    /// <summary>
    /// Whether bytes of a file are in the page cache, by a look at one in each <see cref="ProbeStep"/>, for which the system does not wait (preadv2,
    /// RWF_NOWAIT).
    /// </summary>
    public static unsafe bool IsCached(SafeHandle file, long position, int count)
    {
        byte probe;
        IoVector into = new() { Base = (nint)(&probe), Length = 1 };
        long last = position + count - 1;
        for (long at = position; at < last; at += ProbeStep)
        {
            if (ReadVector(file, in into, 1, at, NoWait) != 1)
            {
                return false;
            }
        }
        return ReadVector(file, in into, 1, last, NoWait) == 1;
    }

    /// <summary>O_DIRECTORY differs between processor families; O_RDONLY is 0.</summary>
    private static int DirectoryFlags()
        => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x80000 | 0x4000 : ReadOnlyDirectoryCloseOnExec;

    private static IOException Failure(string call, string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} of folder '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeHandle file, int command, ref FileLock request);

    [LibraryImport("libc", EntryPoint = "sendfile64", SetLastError = true)]
    private static partial nint SendFile(SafeHandle socket, SafeHandle file, ref long offset, nint count);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint ReadVector(SafeHandle file, in IoVector into, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetResourceLimit(int resource, out ResourceLimit limit);

    /// <summary>struct flock of 64-bit Linux; start and length 0 mean the whole file, F_WRLCK is 1, SEEK_SET is 0, the process id must be 0.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public nint Base;
        public nint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
