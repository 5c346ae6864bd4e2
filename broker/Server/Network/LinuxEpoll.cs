using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Broker.Server.Network;

/// <summary>Linux's epoll, one event a call. Any thread may call.</summary>
internal sealed partial class LinuxEpoll : IDisposable
{
    /// <summary>EPOLLIN, EPOLLRDHUP: there are bytes to read, or the peer has shut down its sending side.</summary>
    public const uint Readable = 0x1 | 0x2000;

    /// <summary>EPOLLOUT: the socket has room for bytes.</summary>
    public const uint Writable = 0x4;

    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int Modify = 3;
    private const uint Once = 1u << 30;
    private const int Interrupted = 4;
    private const int NoEntry = 2;
    private const long EndId = 0;
    private const int EventBytes = 16;

    // struct epoll_event: 32 bits of events, 64 of data, packed on x86-64 only.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _end;

    /// <exception cref="IOException">The process has no file handles left.</exception>
    public LinuxEpoll()
    {
        _epoll = Valid(Create(CloseOnExec), "epoll_create1");
        try
        {
            _end = Valid(EventFd(0, CloseOnExec), "eventfd");
            if (Control(Add, _end, Readable, EndId) != 0)
            {
                throw Failure("epoll_ctl");
            }
        }
        catch
        {
            // Nobody else closes the handles.
            _end?.Dispose();
            _epoll.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes <see cref="WaitForEvent"/> return the id (above 0) once, when the socket is ready for the awaited events or has failed. A socket that is closed
    /// before that causes no event.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The socket has been closed, or this object has been disposed of.</exception>
    /// <exception cref="IOException">The system cannot watch another socket.</exception>
    public void Watch(SafeHandle socket, uint awaited, long id)
    {
        if (Control(Modify, socket, awaited | Once, id) == 0)
        {
            return;
        }
        if (Marshal.GetLastPInvokeError() != NoEntry || Control(Add, socket, awaited | Once, id) != 0)
        {
            throw Failure("epoll_ctl");
        }
    }

    /// <summary>
    /// Waits for one event and returns its id; null after <see cref="Stop"/>. Each event goes to one of the waiting threads, usually to the one that began to
    /// wait last.
    /// </summary>
    public long? WaitForEvent()
    {
        Span<byte> received = stackalloc byte[EventBytes];
        while (Wait(_epoll, received, 1, -1) != 1)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw Failure("epoll_wait");
            }
        }

        long id = MemoryMarshal.Read<long>(received[DataOffset..]);
        return id == EndId ? null : id;
    }

    /// <summary>Makes <see cref="WaitForEvent"/> return null from now on. The threads that call it dispose of this object afterwards.</summary>
    public void Stop()
    {
        long one = 1;
        if (Write(_end, in one, sizeof(long)) < 0)
        {
            throw Failure("write of an eventfd");
        }
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _end.Dispose();
    }

    private int Control(int operation, SafeHandle descriptor, uint events, long id)
    {
        Span<byte> request = stackalloc byte[EventBytes];
        MemoryMarshal.Write(request, events);
        MemoryMarshal.Write(request[DataOffset..], id);
        return Control(_epoll, operation, descriptor, request);
    }

    private static SafeFileHandle Valid(SafeFileHandle handle, string call) => handle.IsInvalid ? throw Failure(call) : handle;

    private static IOException Failure(string call)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial SafeFileHandle Create(int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial SafeFileHandle EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle epoll, int operation, SafeHandle descriptor, Span<byte> request);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(SafeFileHandle epoll, Span<byte> answers, int count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle descriptor, in long value, nint count);
}
