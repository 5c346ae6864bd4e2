using System.Security.Cryptography;
using System.Text;
using Game.WebHdfs;

namespace Game.Cli.Query;

/// <summary>
/// Copies of HDFS files on the local disk, by path, length and modification time: a file that changed is another file. The folders dt=… and hour=… are kept, so that
/// readers see them as columns.
/// </summary>
internal sealed class FileCache(IWebHdfs hdfs, string folder)
{
    private const int FetchesAtOnce = 4;

    /// <summary>Bytes that <see cref="FetchAsync"/> would have to transfer.</summary>
    public long BytesToFetch(IEnumerable<WarehouseFile> files) => files.Where(file => !File.Exists(LocalPath(file))).Sum(file => file.Length);

    /// <summary>Brings all files here and gives their local paths.</summary>
    /// <exception cref="WebHdfsException">One cannot be read.</exception>
    public async Task<IReadOnlyList<string>> FetchAsync(IReadOnlyList<WarehouseFile> files, CancellationToken cancellation)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = FetchesAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(files.Where(file => !File.Exists(LocalPath(file))), options, async (file, stop) => await FetchAsync(file, stop));
        return [.. files.Select(LocalPath)];
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
                await source.CopyToAsync(copy, cancellation);
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
        return Path.Combine(folder, file.Topic, $"dt={file.Date}", $"hour={file.Hour:D2}", Convert.ToHexStringLower(id.AsSpan(0, 16)) + ".parquet");
    }
}
