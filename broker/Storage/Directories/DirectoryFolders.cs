using Broker.Storage.Files;

namespace Broker.Storage.Directories;

/// <summary>The folders of a log directory: those of partitions, and those to delete.</summary>
internal sealed record DirectoryFolders(IReadOnlyList<TopicPartition> Partitions, IReadOnlyList<string> ToDelete)
{
    /// <exception cref="CorruptFileException">A folder's name is not one that a broker gives; Apache Kafka refuses to start there, too.</exception>
    public static DirectoryFolders Read(IFileSystem disk, string path)
    {
        List<TopicPartition> partitions = new();
        List<string> toDelete = new();
        foreach (FileEntry entry in disk.List(path).Where(e => e.IsDirectory))
        {
            string full = Path.Combine(path, entry.Name);
            if (entry.Name.EndsWith(LogFileNames.DeletedFolder, StringComparison.Ordinal))
            {
                toDelete.Add(full);
            }
            else if (entry.Name.EndsWith(LogFileNames.FutureFolder, StringComparison.Ordinal)
                || entry.Name.EndsWith(LogFileNames.StrayFolder, StringComparison.Ordinal))
            {
                continue;
            }
            else if (TopicPartition.TryParse(entry.Name, out TopicPartition partition))
            {
                partitions.Add(partition);
            }
            else
            {
                throw new CorruptFileException(full, "a log directory holds folders named 'topic-number' only; move this one elsewhere");
            }
        }
        return new DirectoryFolders(partitions, toDelete);
    }
}
