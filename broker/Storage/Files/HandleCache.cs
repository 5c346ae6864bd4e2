namespace Broker.Storage.Files;

/// <summary>
/// Keeps at most about <c>capacity</c> files open, whatever the number of partitions; one not used for long is closed and opened again when asked.
/// The choice is the second-chance clock: near to least recently used, at the price of one flag a use. One cache serves all log directories: no disk is
/// waited for under its lock, so that a directory that stalls delays no other. Thread-safe.
/// </summary>
/// <param name="disk">Where the files are.</param>
/// <param name="capacity">
/// Open files, without those whose close has not ended. Calls in progress may pass it by one each, as a file in use is never closed.
/// </param>
public sealed class HandleCache(IFileSystem disk, int capacity)
{
    /// <summary>Files closed at once when the process has run out of handles, so that the next few calls find one too.</summary>
    private const int ClosedWhenShort = 16;

    /// <summary>Other threads may use the freed handles first, so a call is tried this often.</summary>
    private const int TriesWhenShort = 8;

    private readonly Lock _gate = new();
    private readonly List<CachedFile> _ring = [];
    private HandleFreeingFileSystem? _handleFreeing;
    private int _hand;

    /// <summary>
    /// The disk, whose calls close files of the cache where the process has no handle left. All calls are safe under a folder's gate, as the cache enters none.
    /// </summary>
    internal IFileSystem Disk => _handleFreeing ??= new HandleFreeingFileSystem(disk, this);

    /// <summary>The disk as it is.</summary>
    internal IFileSystem BareDisk => disk;

    /// <summary>Files open now.</summary>
    public int OpenFiles
    {
        get
        {
            lock (_gate)
            {
                return _ring.Count;
            }
        }
    }

    /// <summary>Makes a call that needs a handle; where the process has none left, files that are not in use are closed for it.</summary>
    internal T WithRoom<T>(Func<T> call)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                return call();
            }
            catch (IOException shortage) when (Shortage.IsOfHandles(shortage) && tries < TriesWhenShort)
            {
                if (!CloseSome())
                {
                    throw;
                }
            }
        }
    }

    internal void Opened(CachedFile file)
    {
        IOpenFile? closed;
        lock (_gate)
        {
            closed = _ring.Count >= capacity ? TakeOne() : null;
            file.Slot = _ring.Count;
            _ring.Add(file);
        }
        closed?.Dispose();
    }

    /// <summary>Closes a file where it is not in use.</summary>
    internal void Close(CachedFile file)
    {
        IOpenFile? closed;
        lock (_gate)
        {
            closed = file.Slot >= 0 ? Take(file) : null;
        }
        closed?.Dispose();
    }

    private bool CloseSome()
    {
        List<IOpenFile> closed = [];
        lock (_gate)
        {
            while (closed.Count < ClosedWhenShort && TakeOne() is { } taken)
            {
                closed.Add(taken);
            }
        }
        closed.ForEach(handle => handle.Dispose());
        return closed.Count > 0;
    }

    /// <summary>Takes a file out that has not been used for long; null where all are in use. Under the lock.</summary>
    private IOpenFile? TakeOne()
    {
        // Two rounds: the first may only reset the marks of files that were used lately.
        for (int tries = 2 * _ring.Count; tries > 0; tries--)
        {
            if (_hand >= _ring.Count)
            {
                _hand = 0;
            }
            CachedFile candidate = _ring[_hand];
            if (!candidate.TakeSecondChance() && Take(candidate) is { } taken)
            {
                return taken;
            }
            _hand++;
        }
        return null;
    }

    private IOpenFile? Take(CachedFile file)
    {
        IOpenFile? taken = file.TryTakeHandle();
        if (taken is not null)
        {
            Remove(file);
        }
        return taken;
    }

    private void Remove(CachedFile file)
    {
        CachedFile last = _ring[^1];
        _ring[file.Slot] = last;
        last.Slot = file.Slot;
        _ring.RemoveAt(_ring.Count - 1);
        file.Slot = -1;
    }
}
