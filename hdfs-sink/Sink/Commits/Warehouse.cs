using System.Globalization;
using Game.HdfsSink.Rows;

namespace Game.HdfsSink.Commits;

/// <summary>The paths of a topic's files. Hive, Spark, Trino and DuckDB read the dt= and hour= folders, and ignore names that begin with "_".</summary>
/// <param name="Root">The warehouse, e.g. "/warehouse".</param>
/// <param name="Topic">The topic.</param>
internal sealed record Warehouse(string Root, string Topic)
{
    private string Home => $"{Root}/{Topic}";

    /// <summary>The folder of files that do not have their final names yet.</summary>
    public string Staging => $"{Home}/_tmp";

    public string Commits(int partition) => $"{Home}/_commits/{partition}";

    /// <summary>The path of the manifest that claims the range beginning at <paramref name="first"/>.</summary>
    public string Claim(int partition, long first) => $"{Commits(partition)}/{first}";

    /// <summary>A data file's final path.</summary>
    public string DataFile(int partition, long first, long next, HourFile target) =>
        $"{Home}/{target.Folder}/{Topic}+{partition}+{first}+{next}{(target.IsMisdated ? "+misdated" : "")}.parquet";

    /// <summary>A path in the staging folder that no other commit uses: the commit's id is part of it.</summary>
    public string Staged(int partition, long first, long next, Guid commit, string file) => $"{Staging}/{partition}+{first}+{next}+{commit:N}+{file}";

    /// <summary>Reads the partition and first position from a staged file's name; null for a name that no sink gives.</summary>
    public static (int Partition, long First)? ReadStaged(string name)
    {
        string[] parts = name.Split('+');
        return parts.Length >= 5
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            ? (partition, first)
            : null;
    }
}
