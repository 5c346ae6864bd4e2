using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Game.WebHdfs;

namespace Game.Analysis.Warehouse;

/// <summary>
/// Copies of HDFS files on the local disk, by path, length and modification time: a changed file has another copy. The copies keep the folders dt=… and hour=…,
/// which DuckDB reads as columns. When the copies are larger than the bound, the cache deletes those that were not used for the longest time.
/// </summary>
internal sealed class FileCache(IWebHdfs hdfs, string folder, long bound = FileCache.Bound)
{
    /// <summary>
    /// Bytes that the cache keeps: some hundred million events, and little of an analyst's disk. One query may need more; the cache shrinks at the next fetch.
    /// </summary>
    public const long Bound = 4L << 30;

    private const int FetchesAtOnce = 4;

    /// <summary>The cache does not delete a copy used within this time: another process may be reading it.</summary>
    private static readonly TimeSpan InUse = TimeSpan.FromMinutes(10);

    /// <summary>How many bytes <see cref="FetchAsync"/> would transfer for these files.</summary>
    public long BytesToFetch(IEnumerable<WarehouseFile> files) => files.Where(file => !File.Exists(LocalPath(file))).Sum(file => file.Length);

    /// <summary>Copies the files that have no copy yet, and returns the local paths of all.</summary>
    /// <exception cref="WebHdfsException">A file cannot be read.</exception>
    public async Task<IReadOnlyList<string>> FetchAsync(IReadOnlyList<WarehouseFile> files, CancellationToken cancellation)
    {
        ParallelOptions options = new() { MaxDegreeOfParallelism = FetchesAtOnce, CancellationToken = cancellation };
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        List<WarehouseFile> missing = new();
        foreach (WarehouseFile file in files)
        {
            if (!TryUse(LocalPath(file), now))
            {
                missing.Add(file);
            }
        }

        await Parallel.ForEachAsync(missing, options, async (file, stop) => await FetchAsync(file, stop));
        if (missing.Count > 0)
        {
            Shrink(now);
        }
        return [.. files.Select(LocalPath)];
    }

    // The cache sets the time of the last write to the time of the last use; readers do not change it.
    private static bool TryUse(string path, DateTime now)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, now);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private void Shrink(DateTime now)
    {
        FileInfo[] copies = [.. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)];
        long bytes = copies.Sum(copy => copy.Length);
        foreach (FileInfo oldest in copies.Where(copy => now - copy.LastWriteTimeUtc > InUse).OrderBy(copy => copy.LastWriteTimeUtc))
        {
            if (bytes <= bound)
            {
                return;
            }
            bytes -= oldest.Length;
            oldest.Delete();
        }
    }

    // Written under another name and then renamed, so that a copy is complete wherever it exists.
    private async Task FetchAsync(WarehouseFile file, CancellationToken cancellation)
    {
        string target = LocalPath(file), part = $"{target}.{Guid.NewGuid():N}.part";
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        try
        {
            await using (Stream source = await hdfs.OpenAsync(file.Path, cancellationToken: cancellation))
            await using (FileStream copy = File.Create(part))
            {
                await source.CopyToAsync(copy, cancellation);
            }
            File.Move(part, target, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private string LocalPath(WarehouseFile file)
    {
        byte[] id = SHA256.HashData(Encoding.UTF8.GetBytes($"{file.Path}\n{file.Length}\n{file.ModificationTime}"));
        return Path.Combine(folder, file.Topic, string.Create(CultureInfo.InvariantCulture, $"dt={file.Folder.Date:yyyy-MM-dd}"),
            string.Create(CultureInfo.InvariantCulture, $"hour={file.Folder.Hour:D2}"), Convert.ToHexStringLower(id.AsSpan(0, 16)) + ".parquet");
    }
}
