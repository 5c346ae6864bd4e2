using System.Runtime.InteropServices;

namespace Broker.Storage.Files;

/// <summary>A file of a <see cref="LogFolder"/> that is opened when used and may be closed between uses. Thread-safe.</summary>
internal sealed class CachedFile(LogFolder folder, string name)
{
    private const int Closed = -1;

    /// <summary>The handle is being taken away: for two assignments, during which no call can use the file.</summary>
    private const int Closing = -2;

    private IOpenFile? _handle;

    /// <summary>Calls in progress, or <see cref="Closed"/> or <see cref="Closing"/>.</summary>
    private int _pins = Closed;
    private bool _usedLately;
    private string _name = name;

    /// <summary>Position in the cache's ring, -1 for none; only the cache uses it.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Name without the folder.</summary>
    public string Name => _name;

    public string FullPath => folder.PathOf(_name);

    public long LastWriteMs()
    {
        lock (folder.Gate)
        {
            return folder.Disk.LastWriteMs(folder.PathOf(_name));
        }
    }

    public long Length()
    {
        IOpenFile file = Pin();
        try
        {
            return file.Length;
        }
        finally
        {
            Unpin();
        }
    }

    /// <summary>Reads at a position; fewer bytes than asked only at the end of the file.</summary>
    public int Read(long position, Span<byte> into)
    {
        IOpenFile file = Pin();
        try
        {
            return file.Read(position, into);
        }
        finally
        {
            Unpin();
        }
    }

    /// <inheritdoc cref="IOpenFile.SendTo"/>
    public int? SendTo(SafeHandle socket, long position, int count)
    {
        IOpenFile file = Pin();
        try
        {
            return file.SendTo(socket, position, count);
        }
        finally
        {
            Unpin();
        }
    }

    /// <summary>As <see cref="IOpenFile.IsCached"/>; false also where the file would have to be opened. Waits for nothing.</summary>
    public bool IsCached(long position, int count)
    {
        if (TryPin() is not { } file)
        {
            return false;
        }
        try
        {
            return file.IsCached(position, count);
        }
        finally
        {
            Unpin();
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        IOpenFile file = Pin();
        try
        {
            file.Write(position, bytes);
        }
        finally
        {
            Unpin();
        }
    }

    public void SetLength(long length)
    {
        IOpenFile file = Pin();
        try
        {
            file.SetLength(length);
        }
        finally
        {
            Unpin();
        }
    }

    public void Sync()
    {
        IOpenFile file = Pin();
        try
        {
            file.Sync();
        }
        finally
        {
            Unpin();
        }
    }

    /// <summary>Creates the file empty where it does not exist.</summary>
    public void Create()
    {
        if (folder.Handles.WithRoom(TryCreate))
        {
            folder.Handles.Opened(this);
        }
    }

    public void Rename(string newName)
    {
        lock (folder.Gate)
        {
            folder.Disk.RenameFile(folder.PathOf(_name), folder.PathOf(newName));
            _name = newName;
        }
    }

    public void Delete()
    {
        lock (folder.Gate)
        {
            folder.Disk.DeleteFile(folder.PathOf(_name));
        }
        Close();
    }

    /// <summary>Gives the handle back, unless a call is in progress; a later use opens the file again.</summary>
    public void Close() => folder.Handles.Close(this);

    /// <summary>Whether the file was used since the last call. Called by the cache.</summary>
    public bool TakeSecondChance()
    {
        bool had = Volatile.Read(ref _usedLately);
        Volatile.Write(ref _usedLately, false);
        return had;
    }

    /// <summary>
    /// Takes the handle away where no call is in progress, and returns it for the caller to close; null otherwise. Waits for nothing. Called by the cache, one
    /// call at a time.
    /// </summary>
    public IOpenFile? TryTakeHandle()
    {
        if (Interlocked.CompareExchange(ref _pins, Closing, 0) != 0)
        {
            return null;
        }
        IOpenFile taken = _handle!;
        _handle = null;
        Volatile.Write(ref _pins, Closed);
        return taken;
    }

    private IOpenFile Pin()
    {
        IOpenFile? pinned;
        while ((pinned = TryPin() ?? folder.Handles.WithRoom(TryOpenPinned)) is null)
        {
            // Another thread has just opened it, or is just closing it.
        }

        return pinned;
    }

    /// <summary>Null where it is closed.</summary>
    private IOpenFile? TryPin()
    {
        for (int now; (now = Volatile.Read(ref _pins)) >= 0;)
        {
            if (Interlocked.CompareExchange(ref _pins, now + 1, now) != now)
            {
                continue;
            }
            if (!Volatile.Read(ref _usedLately))
            {
                Volatile.Write(ref _usedLately, true);
            }
            return _handle!;
        }

        return null;
    }

    private void Unpin() => Interlocked.Decrement(ref _pins);

    private IOpenFile? TryOpenPinned()
    {
        IOpenFile opened;
        lock (folder.Gate)
        {
            if (_pins != Closed)
            {
                return null;
            }
            opened = OpenNow(FileOpen.Existing);
            Interlocked.Increment(ref _pins);
        }
        folder.Handles.Opened(this);
        return opened;
    }

    private bool TryCreate()
    {
        lock (folder.Gate)
        {
            if (_pins != Closed)
            {
                return false;
            }
            OpenNow(FileOpen.OrCreate);
            return true;
        }
    }

    private IOpenFile OpenNow(FileOpen how)
    {
        _handle = folder.Handles.BareDisk.Open(folder.PathOf(_name), how);
        Volatile.Write(ref _pins, 0);
        return _handle;
    }
}
