using Game.WebHdfs;

namespace Game.Cli.Processes;

/// <summary>What a system consists of. Its folder keeps this as system.json.</summary>
/// <param name="Partitions">Partitions of player-events; the number never changes.</param>
/// <param name="BootstrapServers">An outside Kafka that holds the records; null starts a broker of our own.</param>
/// <param name="WebHdfs">An outside HDFS that holds the rows; null starts the local WebHDFS server.</param>
/// <param name="Cluster">Whether the brokers of our own are a cluster on a ZooKeeper, see <see cref="Brokers"/>, and not one that runs alone.</param>
internal sealed record SystemOptions(int Partitions, string? BootstrapServers = null, string? WebHdfs = null, bool Cluster = false)
{
    public const int GameServers = 2;
    public const int Detectors = 2;
    public const string DetectorGroup = "detector";
    public const string FilterGroup = "detector-filter";
    public const string SinkGroup = "hdfs-sink";
    public const string Warehouse = WarehouseFolder.Default;
}
