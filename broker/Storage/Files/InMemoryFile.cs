namespace Broker.Storage.Files;

/// <summary>The bytes of one file in memory, and what of them a power cut would leave.</summary>
internal sealed class InMemoryFile(bool tracksDurability)
{
    private readonly Lock _gate = new();
    private readonly List<PendingWrite> _pending = [];
    private byte[] _data = [];
    private int _length;
    private byte[] _durable = [];

    public long LastWriteMs { get; set; }

    public long Length
    {
        get
        {
            lock (_gate)
            {
                return _length;
            }
        }
    }

    public int Read(long position, Span<byte> into)
    {
        lock (_gate)
        {
            int count = (int)Math.Clamp(_length - position, 0, into.Length);
            _data.AsSpan((int)Math.Min(position, _length), count).CopyTo(into);
            return count;
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            Store(position, bytes);
            if (tracksDurability)
            {
                _pending.Add(new PendingWrite(position, bytes.ToArray()));
            }
        }
    }

    public void SetLength(long newLength)
    {
        lock (_gate)
        {
            Resize(newLength);
            if (tracksDurability)
            {
                _pending.Add(new PendingWrite(newLength, null));
            }
        }
    }

    public void Sync()
    {
        lock (_gate)
        {
            if (!tracksDurability)
            {
                return;
            }
            _durable = _data.AsSpan(0, _length).ToArray();
            _pending.Clear();
        }
    }

    /// <summary>The file as a power cut leaves it: synced bytes, and any of the later writes whole, torn or not at all.</summary>
    public InMemoryFile AfterPowerCut(Random random)
    {
        lock (_gate)
        {
            InMemoryFile survivor = new(tracksDurability) { LastWriteMs = LastWriteMs };
            survivor.Store(0, _durable);
            foreach (PendingWrite write in _pending)
            {
                survivor.Survive(write, random);
            }
            survivor.Sync();
            return survivor;
        }
    }

    /// <summary>The file as the death of the process alone leaves it: the page cache survives.</summary>
    public InMemoryFile AfterProcessDeath()
    {
        lock (_gate)
        {
            InMemoryFile survivor = new(tracksDurability) { LastWriteMs = LastWriteMs };
            survivor.Store(0, _data.AsSpan(0, _length));
            survivor.Sync();
            return survivor;
        }
    }

    private void Survive(PendingWrite write, Random random)
    {
        int fate = random.Next(4);
        if (write.Bytes is null)
        {
            if (fate != 0)
            {
                Resize(write.Position);
            }
        }
        else if (fate == 1)
        {
            Store(write.Position, write.Bytes.AsSpan(0, random.Next(write.Bytes.Length + 1)));
        }
        else if (fate == 2)
        {
            // The length reached the disk and the data did not.
            Resize(Math.Max(_length, write.Position + write.Bytes.Length));
        }
        else if (fate == 3)
        {
            Store(write.Position, write.Bytes);
        }
    }

    private void Store(long position, ReadOnlySpan<byte> bytes)
    {
        if (position + bytes.Length > _length)
        {
            Resize(position + bytes.Length);
        }
        bytes.CopyTo(_data.AsSpan((int)position));
    }

    private void Resize(long newLength)
    {
        if (newLength > Array.MaxLength)
        {
            throw new IOException("a file in memory holds at most 2 GiB");
        }
        if (newLength > _data.Length)
        {
            Array.Resize(ref _data, (int)Math.Min(Array.MaxLength, Math.Max(newLength, 2L * _data.Length)));
        }
        if (newLength < _length)
        {
            _data.AsSpan((int)newLength, _length - (int)newLength).Clear();
        }
        _length = (int)newLength;
    }

    /// <summary>A write since the last sync; without bytes, a change of length to <c>Position</c>.</summary>
    private readonly record struct PendingWrite(long Position, byte[]? Bytes);
}
