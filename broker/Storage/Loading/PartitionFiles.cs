using Broker.Storage.Files;

namespace Broker.Storage.Loading;

/// <summary>
/// Brings a partition's folder to a state of whole segments: what a crash left of deletions and of Apache's cleaner (<c>.deleted</c>, <c>.cleaned</c>,
/// <c>.swap</c>) is finished or undone, and indexes without a log are deleted.
/// </summary>
internal sealed class PartitionFiles(IFileSystem disk, string folder)
{
    private Dictionary<string, long> _files = [];

    /// <summary>Segments by base offset with their lengths.</summary>
    public SortedDictionary<long, long> Logs { get; } = [];

    /// <summary>Offsets of the producer snapshots.</summary>
    public List<long> Snapshots { get; } = [];

    /// <summary>Lengths by name.</summary>
    public IReadOnlyDictionary<string, long> Lengths => _files;

    /// <summary>Cleans the folder up and lists what it then holds.</summary>
    public static PartitionFiles CleanUp(IFileSystem disk, string folder, Func<long, int, long> endOfSwap)
    {
        PartitionFiles files = new(disk, folder);
        files.Read();
        files.DropUnfinished();
        files.FinishSwap(endOfSwap);
        files.Read();
        files.Sort();
        return files;
    }

    private void Read()
        => _files = disk.List(folder).Where(e => !e.IsDirectory).ToDictionary(e => e.Name, e => e.Length, StringComparer.Ordinal);

    private void DropUnfinished()
    {
        long lowestCleaned = long.MaxValue;
        foreach (string name in _files.Keys.Where(n => n.EndsWith(LogFileNames.Cleaned, StringComparison.Ordinal)))
        {
            lowestCleaned = Math.Min(lowestCleaned, BaseOf(name) ?? long.MaxValue);
        }
        foreach (string name in _files.Keys.ToArray())
        {
            bool unfinishedSwap = name.EndsWith(LogFileNames.Swap, StringComparison.Ordinal) && BaseOf(name) >= lowestCleaned;
            if (unfinishedSwap || name.EndsWith(LogFileNames.Deleted, StringComparison.Ordinal) || name.EndsWith(LogFileNames.Cleaned, StringComparison.Ordinal)
                || name.EndsWith(".tmp", StringComparison.Ordinal))
            {
                Delete(name);
            }
        }
    }

    /// <summary>A cleaned segment that was being swapped in replaces the segments whose offsets it covers.</summary>
    private void FinishSwap(Func<long, int, long> endOfSwap)
    {
        string[] swaps = [.. _files.Keys.Where(n => n.EndsWith(LogFileNames.Swap, StringComparison.Ordinal))];
        string[] logs = [.. swaps.Where(n => n.EndsWith(LogFileNames.Log + LogFileNames.Swap, StringComparison.Ordinal) && BaseOf(n) is not null)];
        if (logs.Length > 0)
        {
            long from = logs.Min(n => BaseOf(n)!.Value);
            long to = logs.Max(n => endOfSwap(BaseOf(n)!.Value, LogLoader.SizeOf(Path.Combine(folder, n), _files[n])));
            foreach (string name in _files.Keys.Where(n => !n.EndsWith(LogFileNames.Swap, StringComparison.Ordinal) && IsSegmentFile(n) && BaseOf(n) is { } b
                && b >= from && b < to).ToArray())
            {
                Delete(name);
            }
        }
        foreach (string name in swaps)
        {
            disk.RenameFile(Path.Combine(folder, name), Path.Combine(folder, name[..^LogFileNames.Swap.Length]));
        }
    }

    private void Sort()
    {
        foreach ((string name, long length) in _files)
        {
            if (LogFileNames.TryParse(name, LogFileNames.Log, out long logBase))
            {
                Logs[logBase] = length;
            }
            else if (LogFileNames.TryParse(name, LogFileNames.ProducerSnapshot, out long snapshot))
            {
                Snapshots.Add(snapshot);
            }
        }
        foreach (string name in _files.Keys.Where(n => IsIndex(n) && BaseOf(n) is { } b && !Logs.ContainsKey(b)).ToArray())
        {
            Delete(name);
        }
        // Only the newest snapshot and those at the start of a segment are needed.
        long newest = Snapshots.Count == 0 ? -1 : Snapshots.Max();
        foreach (long stray in Snapshots.Where(s => s != newest && !Logs.ContainsKey(s)).ToArray())
        {
            Delete(LogFileNames.Of(stray, LogFileNames.ProducerSnapshot));
            Snapshots.Remove(stray);
        }
    }

    private void Delete(string name)
    {
        disk.DeleteFile(Path.Combine(folder, name));
        _files.Remove(name);
    }

    private static bool IsIndex(string name)
        => name.EndsWith(LogFileNames.OffsetIndex, StringComparison.Ordinal) || name.EndsWith(LogFileNames.TimeIndex, StringComparison.Ordinal)
            || name.EndsWith(LogFileNames.TransactionIndex, StringComparison.Ordinal);

    private static bool IsSegmentFile(string name) => IsIndex(name) || name.EndsWith(LogFileNames.Log, StringComparison.Ordinal);

    private static long? BaseOf(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && LogFileNames.TryParse(name[..dot] + LogFileNames.Log, LogFileNames.Log, out long offset) ? offset : null;
    }
}
