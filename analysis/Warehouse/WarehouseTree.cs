using System.Globalization;
using Game.WebHdfs;

namespace Game.Analysis.Warehouse;

/// <summary>The folder of one hour.</summary>
internal readonly record struct HourFolder(DateOnly Date, int Hour)
{
    /// <summary>Hours since the start of 1970.</summary>
    public long Number => ((Date.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * 24L) + Hour;
}

/// <summary>A data file of the warehouse.</summary>
/// <param name="Topic">The topic of its rows.</param>
/// <param name="Path">Its path in HDFS.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="ModificationTime">Epoch milliseconds.</param>
/// <param name="Folder">The folder of the hour.</param>
/// <param name="IsMisdated">Whether its rows have times outside the folder's hour, so that every query reads it.</param>
internal sealed record WarehouseFile(string Topic, string Path, long Length, long ModificationTime, HourFolder Folder, bool IsMisdated)
{
    /// <summary>Whether it may hold rows of a partition, by its name (TOPIC+PARTITION+FIRST+NEXT.parquet).</summary>
    public bool MayHold(int partition)
    {
        string[] parts = Path[(Path.LastIndexOf('/') + 1)..].Split('+');
        return parts.Length < 2 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int own) || own == partition;
    }
}

/// <summary>The folder tree <c>/warehouse/TOPIC/dt=YYYY-MM-DD/hour=HH/*.parquet</c>. Files and folders with other names are ignored.</summary>
internal static class WarehouseTree
{
    private const int ListingsAtOnce = 8;
    private const string MisdatedSuffix = "+misdated.parquet";

    /// <summary>Lists all data files of a topic; empty where the topic has no folder yet.</summary>
    public static async Task<IReadOnlyList<WarehouseFile>> ListAsync(IWebHdfs hdfs, string root, string topic, CancellationToken cancellation)
    {
        string folder = $"{root}/{topic}";
        string[] dates = await ChildrenAsync(hdfs, folder, "dt=", cancellation);
        List<WarehouseFile> files = new();
        ParallelOptions options = new() { MaxDegreeOfParallelism = ListingsAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(dates, options, async (date, stop) =>
        {
            foreach (string hour in await ChildrenAsync(hdfs, $"{folder}/{date}", "hour=", stop))
            {
                if (Parse(date, hour) is not { } parsed)
                {
                    continue;
                }
                IReadOnlyList<WarehouseFile> found = await FilesAsync(hdfs, topic, parsed, $"{folder}/{date}/{hour}", stop);
                lock (files)
                {
                    files.AddRange(found);
                }
            }
        });
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static async Task<string[]> ChildrenAsync(IWebHdfs hdfs, string path, string prefix, CancellationToken cancellation)
    {
        if (await hdfs.GetFileStatusAsync(path, cancellation) is null)
        {
            return [];
        }
        return [.. (await hdfs.ListStatusAsync(path, cancellation))
            .Select(status => status.PathSuffix).Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];
    }

    private static HourFolder? Parse(string date, string hour)
        => DateOnly.TryParseExact(date["dt=".Length..], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            && int.TryParse(hour["hour=".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < 24
            ? new HourFolder(day, number) : null;

    private static async Task<IReadOnlyList<WarehouseFile>> FilesAsync(IWebHdfs hdfs, string topic, HourFolder folder, string path,
        CancellationToken cancellation)
        => [.. (await hdfs.ListStatusAsync(path, cancellation))
            .Where(status => status.PathSuffix.EndsWith(".parquet", StringComparison.Ordinal))
            .Select(status => new WarehouseFile(topic, $"{path}/{status.PathSuffix}", status.Length, status.ModificationTime, folder,
                status.PathSuffix.EndsWith(MisdatedSuffix, StringComparison.Ordinal)))];
}
