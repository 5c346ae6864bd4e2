using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Game.WebHdfs;

namespace Game.Analysis.Warehouse;

/// <summary>
/// Copies of HDFS files on the local disk, by path, length and modification time: a file that changed is another file. The folders dt=… and hour=… are kept, so
/// that readers see them as columns. What was not used for longest goes when the copies grow beyond their bound.
/// </summary>
internal sealed class FileCache(IWebHdfs hdfs, string folder, long bound = FileCache.Bound)
{
    /// <summary>Bytes: some hundred million events, and little beside the disk of somebody who queries that many. One query may need more; it then goes with
    /// the next.</summary>
    public const long Bound = 4L << 30;

    private const int FetchesAtOnce = 4;

    /// <summary>Another process may be reading a copy that was used within this time.</summary>
    private static readonly TimeSpan InUse = TimeSpan.FromMinutes(10);

    /// <summary>Bytes that <see cref="FetchAsync"/> would have to transfer.</summary>
    public long BytesToFetch(IEnumerable<WarehouseFile> files) => files.Where(file => !File.Exists(LocalPath(file))).Sum(file => file.Length);

    /// <summary>Brings all files here and gives their local paths.</summary>
    /// <exception cref="WebHdfsException">One cannot be read.</exception>
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

    // The time of the last write is that of the last use: reading leaves it alone.
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

    // Fetched under another name and renamed, so that a copy is whole or not there.
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
