using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>What the partition table needs from the log directories. Calls block on the disk and fail with <see cref="IOException"/>.</summary>
internal interface IPartitionLogs
{
    /// <summary>The log on a working directory; null where there is none.</summary>
    PartitionLog? Find(TopicPartition partition);

    /// <summary>Whether there may be a log that <see cref="Find"/> does not see, because a directory has failed.</summary>
    bool MayLieOffline(TopicPartition partition);

    /// <summary>The partition's log, created where there is none.</summary>
    /// <param name="partition">Topic and number.</param>
    /// <param name="topicId">Written beside a new log; empty for none.</param>
    /// <param name="isNew">Whether the controller marks the replica as new: only then may its log be created while a directory is offline, which might hold an
    /// older log.</param>
    /// <exception cref="IOException">No directory can hold it.</exception>
    PartitionLog Open(TopicPartition partition, Guid topicId, bool isNew);

    /// <summary>Writes the topic's id beside a log that has none yet.</summary>
    void NoteTopicId(PartitionLog log, Guid topicId);

    /// <summary>Deletes the log. No append or maintenance may run on it any more.</summary>
    void Delete(PartitionLog log);
}

/// <summary>
/// Receives the roles of this broker's partitions, in the order of the controller's requests; also when a log that had no room is opened later. Called under
/// the partition table's lock, which keeps that order, and outside of every partition's lock: it must neither block nor wait for another request of the
/// controller.
/// </summary>
internal interface IPartitionListener
{
    /// <summary>This broker leads the partition from this epoch on.</summary>
    void BecameLeader(string topic, int partition, int leaderEpoch);

    /// <summary>This broker follows another one from this epoch on, or waits for a leader where <paramref name="leaderId"/> is -1.</summary>
    void BecameFollower(string topic, int partition, int leaderId, int leaderEpoch);

    /// <summary>This broker does not serve the partition any more; the epoch is -1 or -2 where the controller gave none.</summary>
    void Stopped(string topic, int partition, int leaderEpoch);
}
