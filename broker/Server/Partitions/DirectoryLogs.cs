using Broker.Storage;
using Broker.Storage.Directories;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>The partitions' logs in the broker's log directories.</summary>
/// <param name="directories">Loaded.</param>
/// <param name="configOf">Settings by topic, as they are now.</param>
internal sealed class DirectoryLogs(LogDirectories directories, Func<string, LogConfig> configOf) : IPartitionLogs
{
    public PartitionLog? Find(TopicPartition partition) => directories.Find(partition);

    public bool MayLieOffline(TopicPartition partition) => directories.Find(partition) is null && directories.Directories.Any(d => d.IsOffline);

    public PartitionLog Open(TopicPartition partition, Guid topicId, bool isNew) =>
        directories.IsOffline(partition) || (!isNew && MayLieOffline(partition))
            ? throw new IOException($"The log of {partition} may lie in a log directory that has failed.")
            : directories.GetOrCreate(partition, topicId, configOf(partition.Topic));

    public void NoteTopicId(PartitionLog log, Guid topicId)
    {
        if (topicId != Guid.Empty && log.TopicId == Guid.Empty)
        {
            directories.GetOrCreate(log.Partition, topicId, log.Config);
        }
    }

    public void Delete(PartitionLog log) => directories.Delete(log);
}
