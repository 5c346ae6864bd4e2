using System.Collections.Immutable;
using Broker.Protocol;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>The assignment of one partition in a LeaderAndIsr request.</summary>
internal sealed record Assignment(
    int LeaderId, int LeaderEpoch, int PartitionEpoch, ImmutableArray<int> Replicas, ImmutableArray<int> Isr, bool IsNew)
{
    /// <summary>Of the replicas those that a reassignment adds.</summary>
    public ImmutableArray<int> Adding { get; init; } = [];

    /// <summary>Of the replicas those that a reassignment removes in the end.</summary>
    public ImmutableArray<int> Removing { get; init; } = [];
}

/// <summary>A fetch of a follower, for the leader.</summary>
/// <param name="BrokerId">The follower.</param>
/// <param name="BrokerEpoch">The registration of its broker; -1 where the request's version does not carry it.</param>
/// <param name="LeaderEpoch">The leader epoch that the follower knows; -1 none.</param>
/// <param name="Offset">The offset that it asks for: it has all records below.</param>
/// <param name="LogStartOffset">The start of its own log.</param>
/// <param name="Clock">Of the follower's session; null without one.</param>
internal readonly record struct FollowerFetch(
    int BrokerId, long BrokerEpoch, int LeaderEpoch, long Offset, long LogStartOffset, FetchClock? Clock = null);

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
            Adding = assignment.Adding,
            Removing = assignment.Removing,
            ProposedIsr = [],
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

        PartitionState idle = state with { Isr = [], ProposedIsr = [], Followers = [], LeaderEpochStartOffset = -1 };
        PartitionRole role = delete ? PartitionRole.Stopped : state.Role is PartitionRole.Leader ? PartitionRole.Follower : state.Role;
        return new Transition(ErrorCode.None, idle with { Role = role });
    }

    /// <summary>The log's directory has failed; a stopped partition stays stopped.</summary>
    public static PartitionState Fail(PartitionState state) => state.Role == PartitionRole.Stopped
        ? state
        : state with { Role = PartitionRole.Offline, Isr = [], ProposedIsr = [], Followers = [], LeaderEpochStartOffset = -1 };

    /// <summary>A follower has fetched: it has all records below its offset (the leader's side of KIP-101).</summary>
    /// <param name="state">The state now.</param>
    /// <param name="fetch">What the follower asks for. A fetch in another epoch, or of a former life of the broker, is refused.</param>
    /// <param name="leaderEndOffset">The current end of this broker's own log.</param>
    /// <param name="nowMs">Monotonic.</param>
    public static Transition FollowerFetched(PartitionState state, in FollowerFetch fetch, long leaderEndOffset, long nowMs)
    {
        ErrorCode refused = !state.IsLeader ? ErrorCode.NotLeaderOrFollower : CheckEpoch(state, fetch.LeaderEpoch);
        if (refused != ErrorCode.None)
        {
            return new Transition(refused, state);
        }

        for (int i = 0; i < state.Followers.Length; i++)
        {
            FollowerProgress before = state.Followers[i];
            if (before.BrokerId == fetch.BrokerId)
            {
                return fetch.BrokerEpoch >= 0 && fetch.BrokerEpoch < before.BrokerEpoch
                    ? new Transition(ErrorCode.NotLeaderOrFollower, state)
                    : new Transition(ErrorCode.None, state with { Followers = state.Followers.SetItem(i, After(before, fetch, leaderEndOffset, nowMs)) });
            }
        }

        return new Transition(ErrorCode.UnknownLeaderEpoch, state);
    }

    /// <summary>
    /// The leader's log grows: a follower that had all of it until now was caught up at its last fetch, also where that fetch did not name the partition.
    /// </summary>
    /// <param name="state">The state now.</param>
    /// <param name="formerEnd">The end of the leader's log before.</param>
    public static PartitionState Appended(PartitionState state, long formerEnd) => WithCaughtUp(state, formerEnd, static _ => true, static clock => clock);

    /// <summary>A session holds the partition no longer: its fetches say nothing of the follower from now on.</summary>
    /// <param name="state">The state now.</param>
    /// <param name="logEndOffset">The end of the leader's log.</param>
    /// <param name="forgetting">Of the session.</param>
    public static PartitionState Forgotten(PartitionState state, long logEndOffset, FetchClock forgetting) =>
        WithCaughtUp(state, logEndOffset, clock => clock == forgetting, static _ => null);

    /// <summary>
    /// The in-sync replicas with a follower that may join them: it has all records that consumers can read, and those from before this leader's epoch. Null
    /// where it may not, or not yet, or a change is in flight.
    /// </summary>
    public static PartitionState? WithJoining(PartitionState state, int brokerId, long highWatermark)
    {
        if (!state.IsLeader || !state.ProposedIsr.IsEmpty || state.Isr.Contains(brokerId))
        {
            return null;
        }

        foreach (FollowerProgress follower in state.Followers)
        {
            if (follower.BrokerId == brokerId)
            {
                return follower.LogEndOffset >= Math.Max(highWatermark, state.LeaderEpochStartOffset)
                    ? state with { ProposedIsr = state.Isr.Add(brokerId) }
                    : null;
            }
        }

        return null;
    }

    /// <summary>
    /// The state that proposes the in-sync replicas without those that lag for longer than <paramref name="maxLagMs"/>; null where none does, or a change is in
    /// flight.
    /// </summary>
    public static PartitionState? WithoutLagging(PartitionState state, long logEndOffset, long nowMs, long maxLagMs)
    {
        if (!state.IsLeader || !state.ProposedIsr.IsEmpty)
        {
            return null;
        }

        ImmutableArray<int> staying = state.Isr;
        foreach (FollowerProgress follower in state.Followers)
        {
            if (!follower.IsCaughtUp(logEndOffset, nowMs, maxLagMs))
            {
                staying = staying.Remove(follower.BrokerId);
            }
        }

        return staying.Length == state.Isr.Length ? null : state with { ProposedIsr = staying };
    }

    /// <summary>
    /// The controller has answered a proposal. An accepted one holds from now on. After a refusal that concerns the proposed members the leader may propose
    /// again; after any other one the controller knows of a newer leader or epoch and will assign it, until when the proposal stays in flight.
    /// </summary>
    public static PartitionState ProposalAnswered(PartitionState state, IsrProposal proposal, in IsrAnswer answer)
    {
        bool isOvertaken = !state.IsLeader || state.LeaderEpoch != proposal.LeaderEpoch || state.PartitionEpoch != proposal.PartitionEpoch;
        return isOvertaken ? state : answer.Error switch
        {
            ErrorCode.None when answer.PartitionEpoch >= state.PartitionEpoch && answer.LeaderEpoch == state.LeaderEpoch =>
                state with { Isr = answer.Isr, PartitionEpoch = answer.PartitionEpoch, ProposedIsr = [] },
            ErrorCode.OperationNotAttempted or ErrorCode.IneligibleReplica => state with { ProposedIsr = [] },
            _ => state,
        };
    }

    /// <summary>
    /// Where a follower cuts its log after the leader has said where an epoch ends in its own (KIP-101). The follower fetches again from there, and cuts again
    /// where an older epoch differs, too.
    /// </summary>
    /// <param name="leader">The largest epoch of the leader's log up to the one asked for, and where it ends; undefined where the leader has no epochs.</param>
    /// <param name="own">The same of the follower's log for the leader's epoch.</param>
    /// <param name="logEndOffset">The end of the follower's log.</param>
    /// <param name="highWatermark">Of the follower.</param>
    public static long TruncationOffset(EpochEnd leader, EpochEnd own, long logEndOffset, long highWatermark) =>
        leader.EndOffset < 0 ? highWatermark
        : leader.Epoch < 0 || own.EndOffset < 0 ? Math.Min(leader.EndOffset, logEndOffset)
        : own.Epoch != leader.Epoch ? Math.Min(own.EndOffset, logEndOffset)
        : Math.Min(Math.Min(own.EndOffset, leader.EndOffset), logEndOffset);

    /// <summary>
    /// Computes the leader's high watermark: the smallest log end offset of the leader, the in-sync replicas and the replicas that have caught up and may join
    /// them soon. Never below <paramref name="highWatermark"/>, and unchanged while too few replicas are in sync.
    /// </summary>
    /// <param name="state">The state now.</param>
    /// <param name="highWatermark">The present one.</param>
    /// <param name="ownEnd">How far this broker's own log counts.</param>
    /// <param name="logEndOffset">The end of this broker's own log.</param>
    /// <param name="minInSyncReplicas">Of the topic.</param>
    /// <param name="nowMs">Monotonic.</param>
    /// <param name="maxLagMs"><c>replica.lag.time.max.ms</c>.</param>
    public static long HighWatermark(
        PartitionState state, long highWatermark, long ownEnd, long logEndOffset, int minInSyncReplicas, long nowMs, long maxLagMs)
    {
        if (!state.IsLeader || state.Isr.Length < state.EffectiveMinIsr(minInSyncReplicas))
        {
            return highWatermark;
        }

        long candidate = ownEnd;
        foreach (FollowerProgress follower in state.Followers)
        {
            if (state.IsInMaximalIsr(follower.BrokerId) || follower.IsCaughtUp(logEndOffset, nowMs, maxLagMs))
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
        PartitionRole.Leader => state.MaximalIsrSize >= state.EffectiveMinIsr(minInSyncReplicas) ? AckVerdict.Acknowledged : AckVerdict.TooFewReplicas,
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

    /// <summary>Notes for the followers with such clocks when they were caught up, and what their clock is from now on.</summary>
    private static PartitionState WithCaughtUp(
        PartitionState state, long leaderEndOffset, Func<FetchClock, bool> isMeant, Func<FetchClock, FetchClock?> next)
    {
        for (int i = 0; i < state.Followers.Length; i++)
        {
            FollowerProgress before = state.Followers[i];
            if (before.Clock is { } clock && isMeant(clock))
            {
                FollowerProgress after = before with { CaughtUpMs = before.CaughtUpAt(leaderEndOffset), Clock = next(clock) };
                state = after == before ? state : state with { Followers = state.Followers.SetItem(i, after) };
            }
        }

        return state;
    }

    private static FollowerProgress After(in FollowerProgress before, in FollowerFetch fetch, long leaderEndOffset, long nowMs)
    {
        long caughtUp = fetch.Offset >= leaderEndOffset ? nowMs
            : fetch.Offset >= before.LeaderEndAtFetch ? before.LastFetchMs
            : before.CaughtUpMs;
        return new FollowerProgress(
            fetch.BrokerId, fetch.Offset, fetch.LogStartOffset, leaderEndOffset, nowMs, Math.Max(before.CaughtUpMs, caughtUp),
            Math.Max(before.BrokerEpoch, fetch.BrokerEpoch), fetch.Clock);
    }

    private static PartitionState BecomeLeader(PartitionState next, Assignment assignment, int brokerId, long logEndOffset, long nowMs)
    {
        ImmutableArray<FollowerProgress>.Builder followers = ImmutableArray.CreateBuilder<FollowerProgress>();
        foreach (int replica in assignment.Replicas)
        {
            if (replica != brokerId)
            {
                // An in-sync replica has the maximum lag time to fetch from the new leader; the other replicas count as never caught up.
                long caughtUp = assignment.Isr.Contains(replica) ? nowMs : long.MinValue / 2;
                followers.Add(new FollowerProgress(replica, -1, -1, -1, long.MinValue / 2, caughtUp, -1));
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
