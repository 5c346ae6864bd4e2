using System.Globalization;
using Game.HdfsSink.Rows;

namespace Game.HdfsSink.Commits;

/// <summary>Where a topic's files lie. Hive, Spark, Trino and DuckDB read the dt= and hour= folders; names that begin with "_" are hidden from them.</summary>
/// <param name="Root">The warehouse, e.g. "/warehouse".</param>
/// <param name="Topic">The topic.</param>
internal sealed record Warehouse(string Root, string Topic)
{
    private string Home => $"{Root}/{Topic}";

    /// <summary>Where files lie until they are claimed and placed.</summary>
    public string Staging => $"{Home}/_tmp";

    public string Commits(int partition) => $"{Home}/_commits/{partition}";

    /// <summary>The name whose taking claims the range that begins at <paramref name="first"/>.</summary>
    public string Claim(int partition, long first) => $"{Commits(partition)}/{first}";

    /// <summary>A data file's final name.</summary>
    public string DataFile(int partition, long first, long next, Filing filing) =>
        $"{Home}/{filing.Folder}/{Topic}+{partition}+{first}+{next}{(filing.IsMisdated ? "+misdated" : "")}.parquet";

    /// <summary>A name in the staging folder that no other try uses: the commit's id is part of it.</summary>
    public string Staged(int partition, long first, long next, Guid commit, string file) => $"{Staging}/{partition}+{first}+{next}+{commit:N}+{file}";

    /// <summary>Partition and first position in a staged file's name; null for a name that the sink does not give.</summary>
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
