using Broker.Server.Partitions;
using Broker.Server.Time;

namespace Broker.Server.Replication;

/// <summary>A partition that a fetcher follows in one epoch. Guarded by the lock of <see cref="FollowedPartitions"/>.</summary>
internal sealed class FollowedPartition(Partition partition, int leaderEpoch)
{
    public Partition Partition => partition;

    public int LeaderEpoch => leaderEpoch;

    /// <summary>The topic's id when the partition was assigned; empty where the topic has none.</summary>
    public Guid TopicId { get; } = partition.TopicId;

    /// <summary>The position that the leader has of this replica in the session; null where the session does not hold the partition.</summary>
    public FetchPosition? Sent { get; set; }

    /// <summary>Whether the last answer has shown this log to reach the leader's high watermark.</summary>
    public bool IsInSync { get; set; }

    /// <summary>Set while the partition is left out of the fetches: after an error, or because the quota is used up.</summary>
    public bool IsDelayed { get; set; }

    /// <summary>Ends the delay; null where there is none, or where only a new assignment ends it.</summary>
    public TimerHandle? Delay { get; set; }
}
