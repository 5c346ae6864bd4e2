using System.Globalization;
using System.Text;
using Broker.Storage.Files;

namespace Broker.Storage.Checkpoints;

/// <summary>The identity in a log directory's <c>meta.properties</c>, in the form of a broker on ZooKeeper (version 0).</summary>
/// <param name="BrokerId">The broker's id.</param>
/// <param name="ClusterId">The cluster's id: 22 characters.</param>
/// <param name="DirectoryId">The directory's own id, which some releases add; null for none.</param>
public sealed record MetaProperties(int BrokerId, string ClusterId, Guid? DirectoryId = null)
{
    /// <summary>Null where there is no file.</summary>
    /// <exception cref="CorruptFileException">It is not a version 0 file with an id and a cluster.</exception>
    internal static MetaProperties? Read(IFileSystem disk, string path)
    {
        byte[]? bytes = WholeFiles.Read(disk, path);
        if (bytes is null)
        {
            return null;
        }
        Dictionary<string, string> properties = Parse(Encoding.UTF8.GetString(bytes));
        if (!string.Equals(properties.GetValueOrDefault("version", "0"), "0", StringComparison.Ordinal))
        {
            throw new CorruptFileException(path, $"version {CheckpointText.Shortened(properties["version"])} is not 0, the version of a broker on ZooKeeper");
        }
        if (!int.TryParse(properties.GetValueOrDefault("broker.id"), NumberStyles.None, CultureInfo.InvariantCulture, out int broker))
        {
            throw new CorruptFileException(path, "broker.id is not a number");
        }
        if (!properties.TryGetValue("cluster.id", out string? cluster) || cluster.Length == 0)
        {
            throw new CorruptFileException(path, "cluster.id is missing");
        }
        Guid? directory = null;
        if (properties.TryGetValue("directory.id", out string? text))
        {
            directory = KafkaUuid.TryParse(text, out Guid id) ? id : throw new CorruptFileException(path, "directory.id is not an id");
        }
        return new MetaProperties(broker, cluster, directory);
    }

    /// <summary>Writes durably.</summary>
    internal void Write(IFileSystem disk, string path)
    {
        StringBuilder text = new("#\n");
        text.Append(CultureInfo.InvariantCulture, $"broker.id={BrokerId}\ncluster.id={ClusterId}\n");
        if (DirectoryId is { } id)
        {
            text.Append("directory.id=").Append(KafkaUuid.Format(id)).Append('\n');
        }
        WholeFiles.Replace(disk, path, Encoding.UTF8.GetBytes(text.Append("version=0\n").ToString()), durable: true);
    }

    /// <summary>The part of Java's properties syntax that such files use: comments, and keys separated from values by '=', ':' or blanks.</summary>
    private static Dictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> properties = new(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] is '#' or '!')
            {
                continue;
            }
            int end = line.AsSpan().IndexOfAny('=', ':', ' ');
            string key = end < 0 ? line : line[..end];
            string value = end < 0 ? "" : line[(end + 1)..].Trim().TrimStart('=', ':').Trim();
            properties[key] = value;
        }
        return properties;
    }
}
