using Broker.Storage.Files;

namespace Broker.Storage.Indexes;

/// <summary>
/// A file of fixed-size entries in rising order of a key. New entries wait in memory, at most <see cref="TailEntries"/>, and reach the file when the tail is
/// full, the segment is flushed, rolled or closed: an index lost in a crash is rebuilt by recovery, so that appending costs no write of its own. Reads go to
/// the tail or, by position, to the file; nothing is mapped, for a full disk under a map ends the process. One writer at a time, any number of readers.
/// </summary>
internal abstract class EntryFile(CachedFile file, int entrySize, bool exists)
{
    /// <summary>Entries kept in memory for one index: at most 6 KiB of a time index.</summary>
    private const int TailEntries = 512;

    /// <summary>A search reads single entries until the range that is left has at most this many bytes, and then reads that at once.</summary>
    private const int SearchBlockBytes = 4096;

    private readonly Lock _gate = new();
    private bool _exists = exists;
    private byte[] _tail = [];

    /// <summary>Number of the first entry in the tail; those before are in the file only.</summary>
    private int _tailStart;

    /// <summary>Entries in the file.</summary>
    private int _persisted;
    private int _count;

    /// <summary>Number of entries.</summary>
    public int Count => Volatile.Read(ref _count);

    public CachedFile File => file;

    /// <summary>Whether there is a file.</summary>
    public bool Exists => Volatile.Read(ref _exists);

    /// <summary>Finds out how many entries the file holds: zeros at its end, which Apache preallocates, are not entries.</summary>
    /// <returns>False where the length is not a multiple of the entry's size: the file is damaged.</returns>
    public bool Load(long length)
    {
        if (length % entrySize != 0 || length / entrySize > int.MaxValue)
        {
            return false;
        }
        int entries = (int)(length / entrySize);
        Span<byte> entry = stackalloc byte[entrySize];
        int low = 0;
        int high = entries;
        if (entries > 0 && !IsBlank(ReadFile(entries - 1, entry)))
        {
            low = entries;
        }
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (IsBlank(ReadFile(middle, entry)))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        lock (_gate)
        {
            Forget(low);
        }
        return true;
    }

    /// <summary>Writes the tail, cuts preallocated space off and frees the tail's memory: the segment is not appended to any more.</summary>
    public void Seal()
    {
        lock (_gate)
        {
            Persist();
            if (_exists)
            {
                file.SetLength((long)_count * entrySize);
            }
            _tail = [];
            _tailStart = _count;
        }
    }

    /// <summary>Makes all entries durable.</summary>
    public void Sync()
    {
        lock (_gate)
        {
            Persist();
            if (!_exists)
            {
                return;
            }
        }
        file.Sync();
    }

    /// <summary>Creates the file where there is none.</summary>
    public void Create()
    {
        lock (_gate)
        {
            if (_exists)
            {
                return;
            }
            file.Create();
            _exists = true;
        }
    }

    /// <summary>Removes all entries.</summary>
    public void Clear() => Truncate(0);

    /// <summary>Keeps the first entries.</summary>
    protected void Truncate(int keep)
    {
        lock (_gate)
        {
            if (_exists)
            {
                file.SetLength((long)Math.Min(keep, _persisted) * entrySize);
            }
            if (keep >= _tailStart)
            {
                _persisted = Math.Min(_persisted, keep);
                Volatile.Write(ref _count, keep);
            }
            else
            {
                Forget(keep);
            }
        }
    }

    /// <summary>Adds an entry; where the disk fails the entry is dropped, as an index may be sparse.</summary>
    protected bool Append(ReadOnlySpan<byte> entry)
    {
        lock (_gate)
        {
            if (!MakeRoom())
            {
                return false;
            }
            entry.CopyTo(_tail.AsSpan((_count - _tailStart) * entrySize));
            Volatile.Write(ref _count, _count + 1);
            return true;
        }
    }

    /// <summary>Makes sure that the next <see cref="Append"/> finds room, so that its entry is not dropped.</summary>
    /// <exception cref="IOException">The tail is full and the disk fails.</exception>
    protected void EnsureRoom()
    {
        lock (_gate)
        {
            if (_count - _tailStart < TailEntries)
            {
                return;
            }
            Persist();
            MakeRoom();
        }
    }

    /// <summary>Copies one entry.</summary>
    /// <returns>False where it is not there any more.</returns>
    protected bool TryGet(int number, Span<byte> entry)
    {
        lock (_gate)
        {
            if (number < 0 || number >= _count)
            {
                return false;
            }
            if (number >= _tailStart)
            {
                _tail.AsSpan((number - _tailStart) * entrySize, entrySize).CopyTo(entry);
                return true;
            }
        }
        return file.Read((long)number * entrySize, entry[..entrySize]) == entrySize;
    }

    /// <summary>Number of the first entry whose key is above <paramref name="key"/>; the count where there is none.</summary>
    protected int FirstAbove(long key) => FirstAbove(key, KeyOf);

    /// <summary>The same by another part of the entry, which must not decrease from entry to entry.</summary>
    protected int FirstAbove(long key, EntryKey keyOf)
    {
        int low = 0;
        int high = Count;
        Span<byte> block = stackalloc byte[SearchBlockBytes];
        while (low < high)
        {
            if ((high - low) * entrySize <= SearchBlockBytes && high <= Volatile.Read(ref _tailStart))
            {
                return low + SearchBlock(block, low, high, key, keyOf);
            }
            int middle = low + ((high - low) / 2);
            if (!TryGet(middle, block))
            {
                high = middle;
            }
            else if (keyOf(block[..entrySize]) > key)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return low;
    }

    /// <summary>The part of an entry by which the file is ordered.</summary>
    protected abstract long KeyOf(ReadOnlySpan<byte> entry);

    private int SearchBlock(Span<byte> block, int low, int high, long key, EntryKey keyOf)
    {
        int entries = file.Read((long)low * entrySize, block[..((high - low) * entrySize)]) / entrySize;
        int first = 0;
        while (first < entries)
        {
            int middle = first + ((entries - first) / 2);
            if (keyOf(block.Slice(middle * entrySize, entrySize)) > key)
            {
                entries = middle;
            }
            else
            {
                first = middle + 1;
            }
        }
        return first;
    }

    private bool MakeRoom()
    {
        int inTail = _count - _tailStart;
        if ((inTail + 1) * entrySize <= _tail.Length)
        {
            return true;
        }
        if (inTail < TailEntries)
        {
            Array.Resize(ref _tail, Math.Clamp(2 * inTail, 8, TailEntries) * entrySize);
            return true;
        }
        return MovedToFile(inTail / 2);
    }

    private bool MovedToFile(int entries)
    {
        try
        {
            Persist();
        }
        catch (IOException)
        {
            // The log's own writes decide whether this disk is still good.
            return false;
        }
        _tail.AsSpan(entries * entrySize).CopyTo(_tail);
        _tailStart += entries;
        return true;
    }

    private void Persist()
    {
        if (_persisted == _count)
        {
            return;
        }
        if (!_exists)
        {
            file.Create();
            _exists = true;
        }
        file.Write((long)_persisted * entrySize, _tail.AsSpan((_persisted - _tailStart) * entrySize, (_count - _persisted) * entrySize));
        _persisted = _count;
    }

    private void Forget(int entries)
    {
        _persisted = entries;
        _tailStart = entries;
        Volatile.Write(ref _count, entries);
        _tail = [];
    }

    private ReadOnlySpan<byte> ReadFile(int number, Span<byte> entry) => entry[..file.Read((long)number * entrySize, entry)];

    private static bool IsBlank(ReadOnlySpan<byte> entry) => entry.IndexOfAnyExcept((byte)0) < 0;

    internal delegate long EntryKey(ReadOnlySpan<byte> entry);
}
