using Game.WebHdfs;

namespace Game.HdfsSink.Consuming;

/// <summary>The settings of a sink, as an operator gives them.</summary>
internal sealed record SinkSettings
{
    public required string BootstrapServers { get; init; }

    public required IReadOnlyList<Uri> WebHdfs { get; init; }

    /// <summary>The HDFS user.</summary>
    public string User { get; init; } = Environment.UserName;

    /// <summary>The folder in HDFS that holds one folder for each topic.</summary>
    public string Warehouse { get; init; } = WarehouseFolder.Default;

    public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>The consumer group: sinks of one group share the partitions. Its offsets only show the lag.</summary>
    public string Group { get; init; } = "hdfs-sink";

    /// <summary>
    /// Partitions of <c>player-events</c> for topics that the sink creates; null: as many as the cluster's topic has, or the contract's default.
    /// </summary>
    public int? Partitions { get; init; }

    /// <summary>A commit holds at most this many records: one Parquet row group.</summary>
    public int RotateRows { get; init; } = 128 * 1024;

    /// <summary>A commit holds at most about this many bytes of keys and values.</summary>
    public long RotateBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>A commit begins at the latest this long after the first record of its batch.</summary>
    public TimeSpan RotateAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Bytes of records held over all partitions: at this many the sink stops reading until a commit has ended. By default two full batches in flight and two
    /// that still grow.
    /// </summary>
    public long MemoryBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Commits that decode and encode at once: rows take several times the memory of their bytes.</summary>
    public int ParallelCommits { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Files uploaded or renamed at once, over all partitions: enough to hide a DataNode's latency.</summary>
    public int ParallelUploads { get; init; } = 8;

    /// <summary>How long a stop, or the revocation of a partition, waits for commits in flight.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(20);
}
