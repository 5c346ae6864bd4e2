namespace Broker.Storage.Files;

/// <summary>
/// Keeps at most about <c>capacity</c> files open, whatever the number of partitions; one not used for long is closed and opened again when asked.
/// The choice is the second-chance clock: near to least recently used, at the price of one flag a use. Thread-safe.
/// </summary>
/// <param name="disk">Where the files are.</param>
/// <param name="capacity">Open files; calls in progress may pass it by one each, as a file in use is never closed.</param>
public sealed class HandleCache(IFileSystem disk, int capacity)
{
    private readonly Lock gate = new();
    private readonly List<CachedFile> ring = [];
    private int hand;

    /// <summary>The disk.</summary>
    internal IFileSystem Disk => disk;

    /// <summary>Files open now.</summary>
    public int OpenFiles
    {
        get
        {
            lock (gate)
                return ring.Count;
        }
    }

    /// <summary>Half of what the process may open: the other half is for connections. 4,096 where the limit is unknown, never fewer than 64.</summary>
    public static int CapacityOfProcess() => (int)Math.Clamp((LinuxCalls.OpenFileLimit() ?? 8_192) / 2, 64, 65_536);

    internal void Opened(CachedFile file)
    {
        lock (gate)
        {
            if (ring.Count >= capacity)
                CloseOne();
            file.Slot = ring.Count;
            ring.Add(file);
        }
    }

    /// <summary>Closes a file where nobody uses it now.</summary>
    internal void Close(CachedFile file)
    {
        lock (gate)
        {
            if (file.Slot >= 0 && file.TryClose())
                Remove(file);
        }
    }

    private void CloseOne()
    {
        // Two rounds: the first may only take away second chances.
        for (int tries = 2 * ring.Count; tries > 0; tries--)
        {
            if (hand >= ring.Count)
                hand = 0;
            CachedFile candidate = ring[hand];
            if (!candidate.TakeSecondChance() && candidate.TryClose())
            {
                Remove(candidate);
                return;
            }
            hand++;
        }
    }

    private void Remove(CachedFile file)
    {
        CachedFile last = ring[^1];
        ring[file.Slot] = last;
        last.Slot = file.Slot;
        ring.RemoveAt(ring.Count - 1);
        file.Slot = -1;
    }
}
