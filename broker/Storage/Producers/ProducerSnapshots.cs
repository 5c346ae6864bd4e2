using Broker.Storage.Files;

namespace Broker.Storage.Producers;

/// <summary>The producer snapshots of one partition, by the offset up to which they hold. One thread at a time.</summary>
internal sealed class ProducerSnapshots(LogFolder folder, IEnumerable<long> offsets)
{
    private readonly SortedSet<long> _offsets = [.. offsets];

    /// <summary>The offsets of the files there are.</summary>
    public IReadOnlyCollection<long> Offsets => _offsets;

    /// <summary>Writes the state of everything below an offset. Not durable until <see cref="Sync"/>; a torn file is recognised by its checksum.</summary>
    public void Write(long offset, ProducerStates states)
    {
        byte[] bytes = ProducerSnapshot.Encode(states.Entries);
        using IOpenFile file = folder.Disk.Open(PathOf(offset), FileOpen.OrCreate);
        file.SetLength(0);
        file.Write(0, bytes);
        lock (_offsets)
        {
            _offsets.Add(offset);
        }
    }

    /// <summary>Fsyncs the snapshot of an offset where there is one. Any thread.</summary>
    public void Sync(long offset)
    {
        lock (_offsets)
        {
            if (!_offsets.Contains(offset))
            {
                return;
            }
        }
        try
        {
            using IOpenFile file = folder.Disk.Open(PathOf(offset), FileOpen.Existing);
            file.Sync();
        }
        catch (FileNotFoundException)
        {
            // Retention or truncation has deleted it meanwhile.
        }
    }

    /// <summary>The entries of the newest good snapshot at or below an offset; bad ones are deleted. Null where there is none.</summary>
    public (long Offset, List<ProducerEntry> Entries)? ReadNewest(long atMost, Action<CorruptFileException> onBad)
    {
        foreach (long offset in _offsets.Where(o => o <= atMost).Reverse().ToArray())
        {
            try
            {
                if (ProducerSnapshot.Read(folder.Disk, PathOf(offset)) is { } entries)
                {
                    return (offset, entries);
                }
            }
            catch (CorruptFileException bad)
            {
                onBad(bad);
            }
            Delete(offset);
        }
        return null;
    }

    /// <summary>Deletes those that a test on their offset chooses.</summary>
    public void DeleteWhere(Predicate<long> chosen)
    {
        foreach (long offset in _offsets.Where(o => chosen(o)).ToArray())
        {
            Delete(offset);
        }
    }

    private void Delete(long offset)
    {
        folder.Disk.DeleteFile(PathOf(offset));
        lock (_offsets)
        {
            _offsets.Remove(offset);
        }
    }

    private string PathOf(long offset) => folder.PathOf(LogFileNames.Of(offset, LogFileNames.ProducerSnapshot));
}
