using System.Collections.Immutable;

namespace Broker.Server.Partitions;

/// <summary>This broker's role for a partition.</summary>
internal enum PartitionRole
{
    /// <summary>The controller has not assigned a role yet.</summary>
    Unassigned,

    /// <summary>Serves the partition's producers and consumers.</summary>
    Leader,

    /// <summary>Holds a copy; another broker leads, or none does.</summary>
    Follower,

    /// <summary>The log's directory has failed.</summary>
    Offline,

    /// <summary>The replica has been deleted, and no request may use it any more.</summary>
    Stopped,
}

/// <summary>The progress of a remote replica, as its fetches show it to the leader. Times are monotonic milliseconds.</summary>
/// <param name="BrokerId">Whose replica.</param>
/// <param name="LogEndOffset">The replica has all records below; -1 until it fetches in this epoch.</param>
/// <param name="LogStartOffset">The replica's log start as of its last fetch; -1 before.</param>
/// <param name="LeaderEndAtFetch">The leader's log end offset at its last fetch.</param>
/// <param name="LastFetchMs">The time of its last fetch.</param>
/// <param name="CaughtUpMs">The last time at which it had all records of the leader.</param>
internal readonly record struct FollowerProgress(
    int BrokerId, long LogEndOffset, long LogStartOffset, long LeaderEndAtFetch, long LastFetchMs, long CaughtUpMs)
{
    public bool IsCaughtUp(long leaderEndOffset, long nowMs, long maxLagMs) => LogEndOffset == leaderEndOffset || nowMs - CaughtUpMs <= maxLagMs;
}

/// <summary>
/// The role, epochs and replicas of a partition: immutable, replaced as a whole under the partition's lock, read by any thread. The offsets of this broker's
/// own log are in the log, which publishes them.
/// </summary>
internal sealed record PartitionState
{
    /// <summary>No leader is known.</summary>
    public const int NoLeader = -1;

    public static readonly PartitionState Initial = new();

    public PartitionRole Role { get; init; } = PartitionRole.Unassigned;

    public int LeaderId { get; init; } = NoLeader;

    /// <summary>Raised by the controller at every election; -1 before the first.</summary>
    public int LeaderEpoch { get; init; } = -1;

    /// <summary>The version of the partition's state znode.</summary>
    public int PartitionEpoch { get; init; } = -1;

    /// <summary>All replicas, the preferred leader first.</summary>
    public ImmutableArray<int> Replicas { get; init; } = [];

    /// <summary>Replicas whose acknowledgement acks=all waits for; this broker among them while it leads.</summary>
    public ImmutableArray<int> Isr { get; init; } = [];

    /// <summary>The log end offset when this broker began to lead in this epoch; -1 otherwise.</summary>
    public long LeaderEpochStartOffset { get; init; } = -1;

    /// <summary>The other replicas; empty unless leading.</summary>
    public ImmutableArray<FollowerProgress> Followers { get; init; } = [];

    public bool IsLeader => Role == PartitionRole.Leader;

    /// <summary><c>min.insync.replicas</c>, but never more than there are replicas.</summary>
    public int EffectiveMinIsr(int minInSyncReplicas) => Math.Min(minInSyncReplicas, Math.Max(Replicas.Length, 1));
}
