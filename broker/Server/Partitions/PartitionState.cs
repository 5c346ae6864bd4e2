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
/// <param name="BrokerEpoch">The registration of its broker, as of its last fetch; -1 unknown.</param>
/// <param name="Clock">The fetches since its last one that named the partition or found it changed; null where each of its fetches names it.</param>
internal readonly record struct FollowerProgress(
    int BrokerId, long LogEndOffset, long LogStartOffset, long LeaderEndAtFetch, long LastFetchMs, long CaughtUpMs, long BrokerEpoch, FetchClock? Clock = null)
{
    /// <summary>The last fetch of the follower that found it at this end of the leader's log.</summary>
    public long CaughtUpAt(long leaderEndOffset) => LogEndOffset == leaderEndOffset && Clock is { } clock ? Math.Max(CaughtUpMs, clock.LastMs) : CaughtUpMs;

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

    /// <summary>Of <see cref="Replicas"/> those that a reassignment adds.</summary>
    public ImmutableArray<int> Adding { get; init; } = [];

    /// <summary>Of <see cref="Replicas"/> those that a reassignment removes in the end.</summary>
    public ImmutableArray<int> Removing { get; init; } = [];

    /// <summary>The in-sync replicas as the controller has accepted them; this broker among them while it leads.</summary>
    public ImmutableArray<int> Isr { get; init; } = [];

    /// <summary>
    /// The in-sync replicas that this leader has asked the controller to accept; empty while no change is in flight. A replica that is about to join counts as
    /// in sync already, one that is about to leave still does: whatever the controller answers, no acknowledged record is missing from a member.
    /// </summary>
    public ImmutableArray<int> ProposedIsr { get; init; } = [];

    /// <summary>The log end offset when this broker began to lead in this epoch; -1 otherwise.</summary>
    public long LeaderEpochStartOffset { get; init; } = -1;

    /// <summary>The other replicas; empty unless leading.</summary>
    public ImmutableArray<FollowerProgress> Followers { get; init; } = [];

    public bool IsLeader => Role == PartitionRole.Leader;

    /// <summary>How many replicas are in sync, or would be if the controller accepts the change in flight.</summary>
    public int MaximalIsrSize => Isr.Length + ProposedIsr.Count(broker => !Isr.Contains(broker));

    /// <summary>Whether the high watermark waits for a replica because it is in sync, or would be.</summary>
    public bool IsInMaximalIsr(int broker) => Isr.Contains(broker) || ProposedIsr.Contains(broker);

    /// <summary><c>min.insync.replicas</c>, but never more than there are replicas.</summary>
    public int EffectiveMinIsr(int minInSyncReplicas) => Math.Min(minInSyncReplicas, Math.Max(Replicas.Length, 1));
}
