using System.Collections.Immutable;
using Broker.Protocol;

namespace Broker.Server.Partitions;

/// <summary>The assignment of one partition in a LeaderAndIsr request.</summary>
internal sealed record Assignment(
    int LeaderId, int LeaderEpoch, int PartitionEpoch, ImmutableArray<int> Replicas, ImmutableArray<int> Isr, bool IsNew);

/// <summary>The result of an event: an error and no change, or the next state.</summary>
/// <param name="Error">Why the event was refused; the state is then unchanged.</param>
/// <param name="Next">The state from now on.</param>
internal readonly record struct Transition(ErrorCode Error, PartitionState Next)
{
    public bool Applied => Error == ErrorCode.None;
}

/// <summary>Whether a waiting acks=all append may be answered, and how.</summary>
internal enum AckVerdict
{
    /// <summary>Not yet.</summary>
    Wait,

    /// <summary>Every in-sync replica has the append, and there are enough of them.</summary>
    Acknowledged,

    /// <summary>The append is in the log, but fewer replicas than required are in sync.</summary>
    TooFewReplicas,

    /// <summary>This broker no longer leads, so it does not know.</summary>
    NotLeader,

    /// <summary>The log's directory has failed.</summary>
    StorageFailed,
}

/// <summary>All transitions of a partition as functions of state and event; no lock, clock or disk is touched here.</summary>
internal static class PartitionTransitions
{
    /// <summary>The controller assigns role and replicas. Only a higher leader epoch changes the state.</summary>
    /// <param name="state">The state now.</param>
    /// <param name="assignment">The controller's assignment.</param>
    /// <param name="brokerId">This broker.</param>
    /// <param name="logEndOffset">The end of this broker's own log; 0 for a new one.</param>
    /// <param name="nowMs">Monotonic.</param>
    public static Transition Assign(PartitionState state, Assignment assignment, int brokerId, long logEndOffset, long nowMs)
    {
        if (state.Role is PartitionRole.Offline)
        {
            return new Transition(ErrorCode.KafkaStorageError, state);
        }

        if (state.Role is PartitionRole.Stopped || !assignment.Replicas.Contains(brokerId))
        {
            return new Transition(ErrorCode.UnknownTopicOrPartition, state);
        }

        if (assignment.LeaderEpoch <= state.LeaderEpoch)
        {
            return new Transition(ErrorCode.StaleControllerEpoch, state);
        }

        PartitionState next = state with
        {
            LeaderId = assignment.LeaderId,
            LeaderEpoch = assignment.LeaderEpoch,
            PartitionEpoch = assignment.PartitionEpoch,
            Replicas = assignment.Replicas,
        };
        return new Transition(ErrorCode.None, assignment.LeaderId == brokerId
            ? BecomeLeader(next, assignment, brokerId, logEndOffset, nowMs)
            : next with { Role = PartitionRole.Follower, Isr = [], Followers = [], LeaderEpochStartOffset = -1 });
    }

    /// <summary>The controller stops the replica.</summary>
    /// <param name="state">The state now.</param>
    /// <param name="leaderEpoch">-1 (unknown) and -2 (the topic is deleted) are always accepted; others must not be below the current epoch.</param>
    /// <param name="delete">Whether the replica is deleted, or only no longer served.</param>
    public static Transition Stop(PartitionState state, int leaderEpoch, bool delete)
    {
        if (leaderEpoch >= 0 && leaderEpoch < state.LeaderEpoch)
        {
            return new Transition(ErrorCode.FencedLeaderEpoch, state);
        }

        if (state.Role == PartitionRole.Offline && delete)
        {
            return new Transition(ErrorCode.KafkaStorageError, state);
        }

        PartitionState idle = state with { Isr = [], Followers = [], LeaderEpochStartOffset = -1 };
        PartitionRole role = delete ? PartitionRole.Stopped : state.Role is PartitionRole.Leader ? PartitionRole.Follower : state.Role;
        return new Transition(ErrorCode.None, idle with { Role = role });
    }

    /// <summary>The log's directory has failed; a stopped partition stays stopped.</summary>
    public static PartitionState Fail(PartitionState state) => state.Role == PartitionRole.Stopped
        ? state
        : state with { Role = PartitionRole.Offline, Isr = [], Followers = [], LeaderEpochStartOffset = -1 };

    /// <summary>A follower has fetched: it has all records below its offset (the leader's side of KIP-101).</summary>
    /// <param name="state">The state now.</param>
    /// <param name="brokerId">The follower.</param>
    /// <param name="fetchOffset">The offset that it asks for.</param>
    /// <param name="logStartOffset">The start of the follower's own log.</param>
    /// <param name="leaderEndOffset">The current end of this broker's own log.</param>
    /// <param name="nowMs">Monotonic.</param>
    public static Transition FollowerFetched(PartitionState state, int brokerId, long fetchOffset, long logStartOffset, long leaderEndOffset, long nowMs)
    {
        if (!state.IsLeader)
        {
            return new Transition(ErrorCode.NotLeaderOrFollower, state);
        }

        for (int i = 0; i < state.Followers.Length; i++)
        {
            FollowerProgress before = state.Followers[i];
            if (before.BrokerId == brokerId)
            {
                long caughtUp = fetchOffset >= leaderEndOffset ? nowMs
                    : fetchOffset >= before.LeaderEndAtFetch ? before.LastFetchMs
                    : before.CaughtUpMs;
                FollowerProgress after = new(brokerId, fetchOffset, logStartOffset, leaderEndOffset, nowMs, Math.Max(before.CaughtUpMs, caughtUp));
                return new Transition(ErrorCode.None, state with { Followers = state.Followers.SetItem(i, after) });
            }
        }

        return new Transition(ErrorCode.UnknownLeaderEpoch, state);
    }

    /// <summary>
    /// Computes the leader's high watermark: the smallest log end offset of the leader, the in-sync replicas and the replicas that have caught up and may join
    /// them soon. Never below <paramref name="highWatermark"/>, and unchanged while too few replicas are in sync.
    /// </summary>
    public static long HighWatermark(PartitionState state, long highWatermark, long logEndOffset, int minInSyncReplicas, long nowMs, long maxLagMs)
    {
        if (!state.IsLeader || state.Isr.Length < state.EffectiveMinIsr(minInSyncReplicas))
        {
            return highWatermark;
        }

        long candidate = logEndOffset;
        foreach (FollowerProgress follower in state.Followers)
        {
            if (state.Isr.Contains(follower.BrokerId) || follower.IsCaughtUp(logEndOffset, nowMs, maxLagMs))
            {
                candidate = Math.Min(candidate, follower.LogEndOffset);
            }
        }

        return Math.Max(highWatermark, candidate);
    }

    /// <summary>Whether a batch may be appended; <see cref="ErrorCode.None"/> when it may.</summary>
    public static ErrorCode MayAppend(PartitionState state, short acks, int minInSyncReplicas) => state.Role switch
    {
        PartitionRole.Offline => ErrorCode.KafkaStorageError,
        PartitionRole.Leader => acks == -1 && state.Isr.Length < state.EffectiveMinIsr(minInSyncReplicas) ? ErrorCode.NotEnoughReplicas : ErrorCode.None,
        _ => ErrorCode.NotLeaderOrFollower,
    };

    /// <summary>Whether an acks=all append whose last record is at <paramref name="lastOffset"/> may be answered.</summary>
    public static AckVerdict Acknowledge(PartitionState state, long lastOffset, long highWatermark, int minInSyncReplicas) => state.Role switch
    {
        PartitionRole.Offline => AckVerdict.StorageFailed,
        PartitionRole.Leader when highWatermark <= lastOffset => AckVerdict.Wait,
        PartitionRole.Leader => state.Isr.Length >= state.EffectiveMinIsr(minInSyncReplicas) ? AckVerdict.Acknowledged : AckVerdict.TooFewReplicas,
        _ => AckVerdict.NotLeader,
    };

    /// <summary>Compares the leader epoch that a client knows; -1 is none (KIP-320).</summary>
    public static ErrorCode CheckEpoch(PartitionState state, int clientEpoch) => clientEpoch switch
    {
        < 0 => ErrorCode.None,
        _ when clientEpoch < state.LeaderEpoch => ErrorCode.FencedLeaderEpoch,
        _ when clientEpoch > state.LeaderEpoch => ErrorCode.UnknownLeaderEpoch,
        _ => ErrorCode.None,
    };

    /// <summary>Whether this broker may serve a read; followers serve consumers that support reading from followers (KIP-392).</summary>
    public static ErrorCode MayRead(PartitionState state, bool leaderOnly) => state.Role switch
    {
        PartitionRole.Offline => ErrorCode.KafkaStorageError,
        PartitionRole.Leader => ErrorCode.None,
        PartitionRole.Follower when !leaderOnly => ErrorCode.None,
        _ => ErrorCode.NotLeaderOrFollower,
    };

    private static PartitionState BecomeLeader(PartitionState next, Assignment assignment, int brokerId, long logEndOffset, long nowMs)
    {
        ImmutableArray<FollowerProgress>.Builder followers = ImmutableArray.CreateBuilder<FollowerProgress>();
        foreach (int replica in assignment.Replicas)
        {
            if (replica != brokerId)
            {
                // An in-sync replica has the maximum lag time to fetch from the new leader; the other replicas count as never caught up.
                long caughtUp = assignment.Isr.Contains(replica) ? nowMs : long.MinValue / 2;
                followers.Add(new FollowerProgress(replica, -1, -1, -1, long.MinValue / 2, caughtUp));
            }
        }

        return next with
        {
            Role = PartitionRole.Leader,
            Isr = assignment.Isr,
            LeaderEpochStartOffset = logEndOffset,
            Followers = followers.ToImmutable(),
        };
    }
}
