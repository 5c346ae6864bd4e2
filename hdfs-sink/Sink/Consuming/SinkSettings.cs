using Game.WebHdfs;

namespace Game.HdfsSink.Consuming;

/// <summary>What an operator sets.</summary>
internal sealed record SinkSettings
{
    public required string BootstrapServers { get; init; }

    public required IReadOnlyList<Uri> WebHdfs { get; init; }

    /// <summary>The HDFS user.</summary>
    public string User { get; init; } = Environment.UserName;

    /// <summary>The folder in HDFS that holds a folder a topic.</summary>
    public string Warehouse { get; init; } = WarehouseFolder.Usual;

    public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>The consumer group: sinks of one group share the partitions; its offsets only show lag.</summary>
    public string Group { get; init; } = "hdfs-sink";

    /// <summary>Partitions of <c>player-events</c>, where topics must be created; null takes what the cluster has, else the contract's count.</summary>
    public int? Partitions { get; init; }

    /// <summary>A commit holds at most this many records: one Parquet row group.</summary>
    public int RotateRows { get; init; } = 128 * 1024;

    /// <summary>A commit holds at most about this many bytes of keys and values.</summary>
    public long RotateBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>A record waits at most this long for its commit to begin.</summary>
    public TimeSpan RotateAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of records held, over all partitions; above it the sink stops reading until a commit is done. Two full batches and two filling
    /// ones.</summary>
    public long MemoryBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Commits decoded and encoded at once: their rows take several times their bytes.</summary>
    public int ParallelCommits { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 4);

    /// <summary>Files uploaded or placed at once, over all partitions: enough to hide a DataNode's latency.</summary>
    public int ParallelUploads { get; init; } = 8;

    /// <summary>How long a clean stop, or a partition that is taken away, waits for commits under way.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(20);
}
