namespace Running;

/// <summary>Apache's released programs, if they are installed: at PEERS, or else in ../shared/peers beside the project.</summary>
public static class Peers
{
    public static string Folder { get; } = Environment.GetEnvironmentVariable("PEERS") is { Length: > 0 } given ? given
        : Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "peers"));

    /// <summary>Why tests cannot use them, in one sentence; null where they can.</summary>
    public static string? Absent { get; } =
        !File.Exists(Path.Combine(Folder, "bin", "kafka")) ? "Apache Kafka and Hadoop are not here: PEERS names no folder of them, and ../shared/peers is none."
        : Command.Find("java") is null ? "Apache Kafka and Hadoop need Java: apt-get install openjdk-17-jre-headless."
        : null;

    /// <summary>Whether all cases must run (<c>./game test --peers</c>), not only those that are quick.</summary>
    public static bool AllCases { get; } = Environment.GetEnvironmentVariable("GAME_PEERS") == "1";

    /// <summary>A launcher: "kafka", "kafka-cluster" or "hdfs-cluster".</summary>
    public static string Launcher(string name) => Path.Combine(Folder, "bin", name);
}
