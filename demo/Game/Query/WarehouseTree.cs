using Game.WebHdfs;

namespace Game.Cli.Query;

/// <summary>A data file of the warehouse.</summary>
/// <param name="Topic">Whose rows it holds.</param>
/// <param name="Path">In HDFS.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ModificationTime">Epoch milliseconds.</param>
/// <param name="Date">The folder's <c>dt</c>, "YYYY-MM-DD".</param>
/// <param name="Hour">The folder's <c>hour</c>, 0 to 23.</param>
/// <param name="IsMisdated">Whether its rows lie outside the folder's hour, so that every query reads it.</param>
internal sealed record WarehouseFile(string Topic, string Path, long Length, long ModificationTime, string Date, int Hour, bool IsMisdated);

/// <summary>The folder tree <c>/warehouse/TOPIC/dt=YYYY-MM-DD/hour=HH/*.parquet</c>.</summary>
internal static class WarehouseTree
{
    private const int ListingsAtOnce = 8;
    private const string MisdatedSuffix = "+misdated.parquet";

    /// <summary>All data files of a topic; none where the topic has no folder yet.</summary>
    public static async Task<IReadOnlyList<WarehouseFile>> ListAsync(IWebHdfs hdfs, string root, string topic, CancellationToken cancellation)
    {
        string folder = $"{root}/{topic}";
        (string Path, string Date)[] dates = [.. (await ChildrenAsync(hdfs, folder, "dt=", cancellation)).Select(name => ($"{folder}/{name}", name["dt=".Length..]))];
        var files = new List<WarehouseFile>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = ListingsAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(dates, options, async (date, stop) =>
        {
            foreach (string hour in await ChildrenAsync(hdfs, date.Path, "hour=", stop))
            {
                IReadOnlyList<WarehouseFile> found = await FilesAsync(hdfs, topic, $"{date.Path}/{hour}", stop);
                lock (files)
                    files.AddRange(found);
            }
        });
        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    private static async Task<string[]> ChildrenAsync(IWebHdfs hdfs, string path, string prefix, CancellationToken cancellation)
    {
        if (await hdfs.GetFileStatusAsync(path, cancellation) is null)
            return [];
        return [.. (await hdfs.ListStatusAsync(path, cancellation)).Select(status => status.PathSuffix).Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];
    }

    private static async Task<IReadOnlyList<WarehouseFile>> FilesAsync(IWebHdfs hdfs, string topic, string path, CancellationToken cancellation)
    {
        string[] parts = path.Split('/');
        string date = parts[^2]["dt=".Length..];
        int hour = int.Parse(parts[^1]["hour=".Length..]);
        return [.. (await hdfs.ListStatusAsync(path, cancellation))
            .Where(status => status.PathSuffix.EndsWith(".parquet", StringComparison.Ordinal))
            .Select(status => new WarehouseFile(topic, $"{path}/{status.PathSuffix}", status.Length, status.ModificationTime, date, hour, status.PathSuffix.EndsWith(MisdatedSuffix, StringComparison.Ordinal)))];
    }
}
