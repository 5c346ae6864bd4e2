namespace Broker.Storage.Files;

/// <summary>The bytes of one file in memory, and what of them a power cut would leave.</summary>
internal sealed class InMemoryFile(bool tracksDurability)
{
    private readonly Lock gate = new();
    private readonly List<PendingWrite> pending = [];
    private byte[] data = [];
    private int length;
    private byte[] durable = [];

    public long LastWriteMs { get; set; }

    public long Length
    {
        get
        {
            lock (gate)
                return length;
        }
    }

    public int Read(long position, Span<byte> into)
    {
        lock (gate)
        {
            int count = (int)Math.Clamp(length - position, 0, into.Length);
            data.AsSpan((int)Math.Min(position, length), count).CopyTo(into);
            return count;
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            Store(position, bytes);
            if (tracksDurability)
                pending.Add(new PendingWrite(position, bytes.ToArray()));
        }
    }

    public void SetLength(long newLength)
    {
        lock (gate)
        {
            Resize(newLength);
            if (tracksDurability)
                pending.Add(new PendingWrite(newLength, null));
        }
    }

    public void Sync()
    {
        lock (gate)
        {
            if (!tracksDurability)
                return;
            durable = data.AsSpan(0, length).ToArray();
            pending.Clear();
        }
    }

    /// <summary>The file as a power cut leaves it: synced bytes, and any of the later writes whole, torn or not at all.</summary>
    public InMemoryFile AfterPowerCut(Random random)
    {
        lock (gate)
        {
            var survivor = new InMemoryFile(tracksDurability) { LastWriteMs = LastWriteMs };
            survivor.Store(0, durable);
            foreach (PendingWrite write in pending)
                survivor.Survive(write, random);
            survivor.Sync();
            return survivor;
        }
    }

    /// <summary>The file as the death of the process alone leaves it: the page cache survives.</summary>
    public InMemoryFile AfterProcessDeath()
    {
        lock (gate)
        {
            var survivor = new InMemoryFile(tracksDurability) { LastWriteMs = LastWriteMs };
            survivor.Store(0, data.AsSpan(0, length));
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
                Resize(write.Position);
        }
        else if (fate == 1)
        {
            Store(write.Position, write.Bytes.AsSpan(0, random.Next(write.Bytes.Length + 1)));
        }
        else if (fate == 2)
        {
            // The length reached the disk and the data did not.
            Resize(Math.Max(length, write.Position + write.Bytes.Length));
        }
        else if (fate == 3)
        {
            Store(write.Position, write.Bytes);
        }
    }

    private void Store(long position, ReadOnlySpan<byte> bytes)
    {
        if (position + bytes.Length > length)
            Resize(position + bytes.Length);
        bytes.CopyTo(data.AsSpan((int)position));
    }

    private void Resize(long newLength)
    {
        if (newLength > Array.MaxLength)
            throw new IOException("a file in memory holds at most 2 GiB");
        if (newLength > data.Length)
            Array.Resize(ref data, (int)Math.Min(Array.MaxLength, Math.Max(newLength, 2L * data.Length)));
        if (newLength < length)
            data.AsSpan((int)newLength, length - (int)newLength).Clear();
        length = (int)newLength;
    }

    /// <summary>A write since the last sync; without bytes, a change of length to <c>Position</c>.</summary>
    private readonly record struct PendingWrite(long Position, byte[]? Bytes);
}
