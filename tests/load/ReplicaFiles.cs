using System.Security.Cryptography;

namespace Load;

/// <summary>Compares what the brokers of a cluster have on their disks.</summary>
public static class ReplicaFiles
{
    /// <summary>The bytes of each partition's log are the same at all brokers, which have stopped. Segments may begin at different offsets.</summary>
    /// <param name="dataFolders">Of the brokers.</param>
    /// <param name="topic">Its partitions have a replica at each of them.</param>
    /// <param name="partitions">Of the topic.</param>
    public static void ShouldBeSame(IReadOnlyList<string> dataFolders, string topic, int partitions)
    {
        for (int partition = 0; partition < partitions; partition++)
        {
            AreSame(dataFolders, topic, partition).ShouldBeTrue($"the logs of {topic}-{partition} at {dataFolders.Count} brokers are the same");
        }
    }

    /// <summary>Whether the bytes of a partition's log are the same at all brokers, which may run.</summary>
    public static bool AreSame(IReadOnlyList<string> dataFolders, string topic, int partition)
        => dataFolders.Select(folder => HashOf(Path.Combine(folder, $"{topic}-{partition}"))).Distinct(StringComparer.Ordinal).Count() == 1;

    private static string HashOf(string folder)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string segment in Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            using FileStream stream = new(segment, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using MemoryStream bytes = new();
            stream.CopyTo(bytes);
            hash.AppendData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
