using System.Globalization;
using Broker.Storage.Files;

namespace Broker.Storage.Checkpoints;

/// <summary>A checkpoint of one offset a partition of a log directory: recovery points, log start offsets or high watermarks.</summary>
internal static class OffsetCheckpoint
{
    /// <exception cref="CorruptFileException">The file is not of the format.</exception>
    public static Dictionary<TopicPartition, long> Read(IFileSystem disk, string path)
    {
        Dictionary<TopicPartition, long> offsets = new();
        foreach (string line in CheckpointText.Read(disk, path))
        {
            string[] parts = line.Trim().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length != 3
                || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
                || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out long offset))
            {
                throw new CorruptFileException(path, $"'{CheckpointText.Shortened(line)}' is not 'topic partition offset'");
            }
            offsets[new TopicPartition(parts[0], partition)] = offset;
        }
        return offsets;
    }

    /// <summary>Writes durably.</summary>
    public static void Write(IFileSystem disk, string path, IReadOnlyCollection<KeyValuePair<TopicPartition, long>> offsets)
        => CheckpointText.Write(disk, path, offsets.Count, text =>
        {
            foreach ((TopicPartition partition, long offset) in offsets)
            {
                text.Append(partition.Topic).Append(' ').Append(partition.Partition).Append(' ').Append(offset).Append('\n');
            }
        }, durable: true);
}
