using System.Collections.Immutable;

namespace Broker.Server.Partitions;

/// <summary>What this broker is to a partition.</summary>
internal enum PartitionRole
{
    /// <summary>Known, but the controller has not yet said what this broker is to it.</summary>
    Unassigned,

    /// <summary>Takes the partition's produces and consumers.</summary>
    Leader,

    /// <summary>Holds a copy; another broker leads, or none does.</summary>
    Follower,

    /// <summary>The log's directory has failed.</summary>
    Offline,

    /// <summary>The replica was stopped and nothing may refer to it any more.</summary>
    Stopped,
}

/// <summary>How far a remote replica is, as its fetches told the leader. Stamps are monotonic milliseconds.</summary>
/// <param name="BrokerId">Whose replica.</param>
/// <param name="LogEndOffset">Everything below is on it; -1 until it fetches in this epoch.</param>
/// <param name="LogStartOffset">As it said with its last fetch; -1 before.</param>
/// <param name="LeaderEndAtFetch">The leader's log end offset at its last fetch.</param>
/// <param name="LastFetchMs">When that was.</param>
/// <param name="CaughtUpMs">When it last had all that the leader had.</param>
internal readonly record struct FollowerProgress(
    int BrokerId, long LogEndOffset, long LogStartOffset, long LeaderEndAtFetch, long LastFetchMs, long CaughtUpMs)
{
    public bool IsCaughtUp(long leaderEndOffset, long nowMs, long maxLagMs) => LogEndOffset == leaderEndOffset || nowMs - CaughtUpMs <= maxLagMs;
}

/// <summary>
/// What is agreed about a partition: immutable, replaced whole under the partition's lock, read by anybody. Offsets of the own log live in the log,
/// which publishes them; everything that judges roles, epochs and replicas is here.
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
