using Game.WebHdfs;

namespace Game.Cli.Processes;

/// <summary>What a system is made of.</summary>
/// <param name="Partitions">Partitions of player-events.</param>
/// <param name="BootstrapServers">An outside Kafka instead of a broker of ours; null starts ours.</param>
/// <param name="WebHdfs">An outside HDFS instead of the local WebHDFS server; null starts ours.</param>
internal sealed record SystemOptions(int Partitions, string? BootstrapServers, string? WebHdfs)
{
    public const int GameServers = 2;
    public const int Detectors = 2;
    public const string DetectorGroup = "detector";
    public const string FilterGroup = "detector-filter";
    public const string SinkGroup = "hdfs-sink";
    public const string Warehouse = WarehouseFolder.Usual;
}
