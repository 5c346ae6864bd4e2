using System.Text;
using Broker.Storage.Files;

namespace Broker.Storage.Checkpoints;

/// <summary><c>partition.metadata</c>: the topic's id, so that a topic that is created again under an old name is recognised as another one.</summary>
internal static class PartitionMetadataFile
{
    /// <summary>The topic id; null where there is no file.</summary>
    /// <exception cref="CorruptFileException">The file is not of the format.</exception>
    public static Guid? Read(IFileSystem disk, string path)
    {
        byte[]? bytes = WholeFiles.Read(disk, path);
        if (bytes is null)
        {
            return null;
        }
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length != 2 || !string.Equals(lines[0].Replace(" ", "", StringComparison.Ordinal), "version:0", StringComparison.Ordinal))
        {
            throw new CorruptFileException(path, "its first line is not 'version: 0'");
        }
        const string Key = "topic_id:";
        if (!lines[1].StartsWith(Key, StringComparison.Ordinal) || !KafkaUuid.TryParse(lines[1][Key.Length..].Trim(), out Guid id))
        {
            throw new CorruptFileException(path, "its second line is not 'topic_id: ' and an id");
        }
        return id;
    }

    /// <summary>Writes without waiting for the disk: see <see cref="Sync"/>.</summary>
    public static void Write(IFileSystem disk, string path, Guid topicId)
        => WholeFiles.Replace(disk, path, Encoding.UTF8.GetBytes($"version: 0\ntopic_id: {KafkaUuid.Format(topicId)}"), durable: false);

    /// <summary>Makes the file durable, where there is one; the caller syncs its folder.</summary>
    public static void Sync(IFileSystem disk, string path)
    {
        if (!disk.FileExists(path))
        {
            return;
        }
        using IOpenFile file = disk.Open(path, FileOpen.Existing);
        file.Sync();
    }
}
