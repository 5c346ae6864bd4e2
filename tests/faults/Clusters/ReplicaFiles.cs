using System.Security.Cryptography;

namespace Faults.Tests.Clusters;

/// <summary>Compares what the brokers of a cluster have on their disks.</summary>
internal static class ReplicaFiles
{
    /// <summary>The bytes of each partition's log are the same at all brokers, which have stopped. Segments may begin at different offsets.</summary>
    public static void ShouldBeSame(Cluster cluster, string topic, int partitions)
    {
        for (int partition = 0; partition < partitions; partition++)
        {
            string name = $"{topic}-{partition}";
            Cluster.Ids.Select(id => HashOf(Path.Combine(cluster[id].DataFolder, name))).Distinct(StringComparer.Ordinal).Count()
                .ShouldBe(1, $"the logs of {name} at {Cluster.Size} brokers");
        }
    }

    private static string HashOf(string folder)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string segment in Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            hash.AppendData(File.ReadAllBytes(segment));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
