using Broker.Storage.Checkpoints;
using Broker.Storage.Files;

namespace Broker.Storage.Logs;

/// <summary>
/// The answer to where an epoch ends (KIP-101): the epoch found, at most the one asked for, and the offset after its last record. -1 and -1 where unknown.
/// </summary>
public readonly record struct EpochEnd(int Epoch, long EndOffset)
{
    /// <summary>Nothing is known of the epoch.</summary>
    public static EpochEnd Undefined => new(-1, -1);
}

/// <summary>
/// Where each leader epoch of a partition starts. Changed under the partition's lock, read by any thread. The file is written at the first append of an epoch
/// without waiting for the disk; a flush makes it durable before the recovery point passes, and recovery fills in what was lost from the batches' headers.
/// </summary>
public sealed class LeaderEpochCache
{
    private readonly LogFolder _folder;
    private readonly Lock _fileGate = new();
    private EpochStart[] _entries;
    private EpochStart[]? _written;
    private bool _durable;

    internal LeaderEpochCache(LogFolder folder, EpochStart[] entries, bool isOnDisk)
    {
        _folder = folder;
        _entries = entries;
        _written = isOnDisk ? entries : null;
        _durable = isOnDisk;
    }

    /// <summary>The entries by epoch, an immutable snapshot.</summary>
    public IReadOnlyList<EpochStart> Entries => Volatile.Read(ref _entries);

    /// <summary>The newest epoch; -1 where there is none.</summary>
    public int LatestEpoch => Volatile.Read(ref _entries) is [.., var last] ? last.Epoch : -1;

    /// <summary>Notes that an epoch starts at an offset; ignored where it is known already. Needs the partition's lock; writes no file.</summary>
    public void Assign(int epoch, long startOffset)
    {
        if (epoch < 0 || startOffset < 0 || (_entries is [.., var last] && last.Epoch == epoch && last.StartOffset <= startOffset))
        {
            return;
        }
        Publish([.. _entries.TakeWhile(e => e.Epoch < epoch && e.StartOffset < startOffset), new EpochStart(epoch, startOffset)]);
    }

    /// <summary>The epoch that an offset was written in; -1 where unknown. Any thread.</summary>
    public int EpochOf(long offset)
    {
        EpochStart[] now = Volatile.Read(ref _entries);
        for (int i = now.Length - 1; i >= 0; i--)
        {
            if (now[i].StartOffset <= offset)
            {
                return now[i].Epoch;
            }
        }
        return -1;
    }

    /// <summary>Where an epoch ends, by Kafka's rule. Any thread.</summary>
    /// <param name="epoch">The epoch asked for.</param>
    /// <param name="logEndOffset">The log end offset, the end of the newest epoch.</param>
    public EpochEnd EndOffsetFor(int epoch, long logEndOffset)
    {
        EpochStart[] now = Volatile.Read(ref _entries);
        if (epoch < 0 || now.Length == 0 || epoch > now[^1].Epoch)
        {
            return EpochEnd.Undefined;
        }
        if (epoch == now[^1].Epoch)
        {
            return new EpochEnd(epoch, logEndOffset);
        }
        if (epoch < now[0].Epoch)
        {
            return new EpochEnd(epoch, now[0].StartOffset);
        }
        int i = 0;
        while (now[i + 1].Epoch <= epoch)
        {
            i++;
        }
        return new EpochEnd(now[i].Epoch, now[i + 1].StartOffset);
    }

    /// <summary>Takes back what was noted of batches that could not be written. Needs the partition's lock; writes no file.</summary>
    /// <param name="entries">As <see cref="Entries"/> gave them before.</param>
    internal void Restore(IReadOnlyList<EpochStart> entries) => Publish((EpochStart[])entries);

    /// <summary>Removes the epochs that start at an offset or above.</summary>
    internal void TruncateFromEnd(long offset)
    {
        if (_entries is [.., var last] && last.StartOffset >= offset)
        {
            Publish([.. _entries.Where(e => e.StartOffset < offset)]);
        }
    }

    /// <summary>Removes the epochs that end at an offset or below; the one that it lies in starts there now.</summary>
    internal void TruncateFromStart(long offset)
    {
        if (_entries.Length == 0 || _entries[0].StartOffset >= offset)
        {
            return;
        }
        int containing = Array.FindLastIndex(_entries, e => e.StartOffset <= offset);
        Publish([new EpochStart(_entries[containing].Epoch, offset), .. _entries[(containing + 1)..]]);
    }

    /// <summary>Whether the file holds the entries, and durably.</summary>
    internal bool IsDurable => _durable && ReferenceEquals(_written, Volatile.Read(ref _entries));

    internal void Clear()
    {
        if (_entries.Length > 0)
        {
            Publish([]);
        }
    }

    /// <summary>Writes the file where it is behind, without waiting for the disk.</summary>
    internal void Persist() => Write(durably: false);

    /// <summary>Writes the file and waits for the disk, where that has not been done. Any thread.</summary>
    internal void Sync() => Write(durably: true);

    private void Publish(EpochStart[] now) => Volatile.Write(ref _entries, now);

    private void Write(bool durably)
    {
        if (ReferenceEquals(_written, Volatile.Read(ref _entries)) && (_durable || !durably))
        {
            return;
        }
        lock (_fileGate)
        {
            EpochStart[] now = Volatile.Read(ref _entries);
            if (ReferenceEquals(_written, now) && (_durable || !durably))
            {
                return;
            }
            LeaderEpochCheckpoint.Write(_folder.Disk, _folder.PathOf(LogFileNames.LeaderEpochs), now, durably);
            _written = now;
            _durable = durably;
        }
    }
}
