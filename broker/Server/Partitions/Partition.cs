using System.Collections.Immutable;
using System.Diagnostics;
using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>
/// One partition on this broker: its role and its log as one state, changed only under the partition's lock, which also orders appends, truncation and changes
/// of role. Under the lock there is no await, no fsync that an append waits for and no other partition's lock; waiters are notified after its release. Only
/// the report of a failed directory is called under it, and only queues work. Readers use the published state and the log's published offsets. Any thread may
/// call.
/// </summary>
internal sealed partial class Partition
{
    private readonly Lock _lock = new();
    private readonly PartitionHost _host;
    private readonly GroupCommit _flushes;
    private PartitionState _state = PartitionState.Initial;
    private PartitionLog? _log;
    private AppendGate? _gate;
    private long _lastStampMs = -1;

    public Partition(TopicPartition name, PartitionHost host)
    {
        Name = name;
        _host = host;
        _flushes = new GroupCommit(TryFlush);
    }

    public TopicPartition Name { get; }

    /// <summary>Empty until the controller or the log's folder gives it.</summary>
    public Guid TopicId { get; private set; }

    /// <summary>The state now; immutable.</summary>
    public PartitionState State => Volatile.Read(ref _state);

    /// <summary>For reading; null until the first assignment. Writing goes through this partition.</summary>
    public PartitionLog? Log => Volatile.Read(ref _log);

    /// <summary>Bounds the appends to this partition's log directory; null until the first assignment.</summary>
    public AppendGate? Gate => Volatile.Read(ref _gate);

    /// <summary>
    /// Everything below is on this broker's disk. It bounds what is acknowledged where <c>flush.messages</c> is set, and the high watermark where that is 1.
    /// </summary>
    public long FlushedUpTo => Log?.RecoveryPoint ?? 0;

    /// <summary>The requests that wait for this partition.</summary>
    public PartitionWaiters Waiters { get; } = new();

    /// <summary>Checks and appends a client's records, then waits for the acknowledgements that <paramref name="acks"/> demands.</summary>
    /// <param name="records">The request's bytes; changed in place, and not used after this call has returned its task.</param>
    /// <param name="acks">0 and 1: the leader's log; -1: all in-sync replicas.</param>
    /// <param name="timeout">How long to wait for replicas; then <see cref="ErrorCode.RequestTimedOut"/>, with the records in the log.</param>
    /// <param name="allowZstd">Whether the request's version can carry Zstandard.</param>
    public ValueTask<AppendOutcome> ProduceAsync(Memory<byte> records, short acks, TimeSpan timeout, bool allowZstd)
    {
        ErrorCode refused = Log is { } log ? PartitionTransitions.MayAppend(State, acks, log.Config.MinInSyncReplicas) : ErrorCode.NotLeaderOrFollower;
        if (refused != ErrorCode.None || Log is not { } present)
        {
            return new ValueTask<AppendOutcome>(AppendOutcome.Failed(refused));
        }

        BatchVerdict verdict = _host.Checks.Validate(records, RulesOf(present.Config, _host.NowMs, allowZstd));
        return verdict.Accepted
            ? AppendAsync(records[..verdict.Info.SizeInBytes], verdict.Info, acks, timeout, AppendOrigin.Client)
            : new ValueTask<AppendOutcome>(AppendOutcome.Of(verdict));
    }

    /// <summary>Appends one batch that this broker made itself, then waits for the acknowledgements that <paramref name="acks"/> demands.</summary>
    /// <param name="batch">Exactly one whole batch; offsets and epoch are written into it.</param>
    /// <param name="acks">As in <see cref="ProduceAsync"/>.</param>
    /// <param name="timeout">As in <see cref="ProduceAsync"/>.</param>
    /// <param name="origin">Who appends.</param>
    /// <param name="leaderEpoch">The epoch in which the batch was made; in any other one it is refused with
    /// <see cref="ErrorCode.NotLeaderOrFollower"/>.</param>
    public ValueTask<AppendOutcome> AppendAsync(Memory<byte> batch, short acks, TimeSpan timeout, AppendOrigin origin, int leaderEpoch)
    {
        if (BatchInfo.TryRead(batch.Span, out BatchInfo info) != BatchReadResult.Ok || info.SizeInBytes != batch.Length)
        {
            return new ValueTask<AppendOutcome>(AppendOutcome.Failed(ErrorCode.CorruptMessage));
        }

        if (Log is { } log && info.SizeInBytes > log.Config.MaxMessageBytes)
        {
            return new ValueTask<AppendOutcome>(AppendOutcome.Failed(ErrorCode.MessageTooLarge));
        }

        return AppendAsync(batch, info, acks, timeout, origin, leaderEpoch);
    }

    /// <summary>Whether an acks=all append may be answered now.</summary>
    /// <param name="lastOffset">Of its last record.</param>
    /// <param name="epoch">In which that was written: another record may have taken its place while this broker did not lead.</param>
    public AckVerdict Acknowledge(long lastOffset, int epoch)
    {
        // The high watermark is read before the state: an acknowledgement never uses the high watermark of a later role.
        PartitionLog? log = Log;
        long highWatermark = log?.HighWatermark ?? -1;
        PartitionState state = State;
        return state.LeaderEpoch != epoch && log?.Epochs.EpochOf(lastOffset) != epoch
            ? AckVerdict.NotLeader
            : PartitionTransitions.Acknowledge(state, lastOffset, highWatermark, log?.Config.MinInSyncReplicas ?? 1);
    }

    /// <summary>Applies what the controller has assigned. <paramref name="log"/> is the partition's, opened or created before.</summary>
    public ErrorCode Assign(Assignment assignment, PartitionLog log, Guid topicId)
    {
        Transition transition;
        lock (_lock)
        {
            transition = PartitionTransitions.Assign(_state, assignment, _host.BrokerId, log.LogEndOffset, _host.StampMs);
            if (transition.Applied)
            {
                Debug.Assert(transition.Next.LeaderEpoch > _state.LeaderEpoch, "epochs never go down");
                if (transition.Next.IsLeader)
                {
                    log.Epochs.Assign(transition.Next.LeaderEpoch, log.LogEndOffset);
                }

                TopicId = topicId;
                Volatile.Write(ref _gate, _host.Gates.GetOrAdd(log.Directory, _ => new AppendGate(_host.Scheduler.Processors)));
                Volatile.Write(ref _log, log);
                Volatile.Write(ref _state, transition.Next);
                AdvanceHighWatermark(log);
            }
        }

        if (transition.Applied)
        {
            Waiters.Notify();
            if (transition.Next.IsLeader && SafeEnd(log) < log.LogEndOffset)
            {
                // The high watermark waits for this flush; a failure is handled in it, and the next append flushes again.
                _ = FlushAsync(log);
            }
        }

        return transition.Error;
    }

    /// <summary>Sets the topic's id, where an assignment of the current epoch gives one for the first time.</summary>
    public void NoteTopicId(Guid topicId)
    {
        lock (_lock)
        {
            TopicId = topicId;
        }
    }

    /// <summary>Stops the replica as the controller demands; waiting requests are answered with <see cref="ErrorCode.NotLeaderOrFollower"/>.</summary>
    public ErrorCode Stop(int leaderEpoch, bool delete)
    {
        Transition transition;
        lock (_lock)
        {
            transition = PartitionTransitions.Stop(_state, leaderEpoch, delete);
            Volatile.Write(ref _state, transition.Next);
        }

        Waiters.Notify();
        return transition.Error;
    }

    /// <summary>For a stopping broker: on return no append runs, and none can begin any more.</summary>
    public void StopAppends()
    {
        lock (_lock)
        {
            Volatile.Write(ref _state, PartitionTransitions.Fail(_state));
        }

        Waiters.Notify();
    }

    /// <summary>
    /// Takes the partition offline because its log directory has failed: every request is answered with <see cref="ErrorCode.KafkaStorageError"/>.
    /// </summary>
    public void Fail()
    {
        bool changed;
        lock (_lock)
        {
            PartitionState failed = PartitionTransitions.Fail(_state);
            changed = failed != _state;
            Volatile.Write(ref _state, failed);
        }

        if (changed)
        {
            PartitionLogMessages.WentOffline(_host.Logger, Name);
            Waiters.Notify();
        }
    }

    /// <summary>
    /// Runs maintenance that changes the log (retention, expiry, settings, log start) under the partition's lock, between two appends; does nothing without a
    /// log.
    /// </summary>
    /// <param name="work">Must not fsync, wait, or call anything that takes a partition's lock.</param>
    public void Maintain(Action<PartitionLog> work)
    {
        lock (_lock)
        {
            if (_log is { } log && _state.Role is not (PartitionRole.Offline or PartitionRole.Stopped))
            {
                work(log);
            }
        }

        Waiters.Notify();
    }

    /// <summary>
    /// Notes that a follower has fetched: it has all records below its offset. So the high watermark may advance, and the follower may join the in-sync
    /// replicas.
    /// </summary>
    public ErrorCode NoteFollowerFetch(in FollowerFetch fetch)
    {
        ErrorCode error;
        bool moved;
        IsrProposal? proposal = null;
        lock (_lock)
        {
            PartitionLog? log = _log;
            Transition transition = PartitionTransitions.FollowerFetched(_state, fetch, log?.LogEndOffset ?? 0, _host.StampMs);
            error = transition.Error;
            Volatile.Write(ref _state, transition.Next);
            moved = transition.Applied && log is not null && AdvanceHighWatermark(log);
            if (transition.Applied && log is not null && _host.IsAlive(fetch.BrokerId))
            {
                proposal = Propose(PartitionTransitions.WithJoining(_state, fetch.BrokerId, log.HighWatermark));
            }
        }

        if (moved)
        {
            Waiters.Notify();
        }

        Submit(proposal);
        return error;
    }

    /// <summary>A follower's session holds the partition no longer.</summary>
    public void ForgetFetches(FetchClock clock)
    {
        lock (_lock)
        {
            Volatile.Write(ref _state, PartitionTransitions.Forgotten(_state, _log?.LogEndOffset ?? 0, clock));
        }
    }

    private static BatchRules RulesOf(LogConfig config, long nowMs, bool allowZstd) => new()
    {
        MaxMessageBytes = config.MaxMessageBytes,
        RequireKeys = config.CleanupCompact,
        TimestampType = config.TimestampType,
        BeforeMaxMs = config.TimestampBeforeMaxMs,
        AfterMaxMs = config.TimestampAfterMaxMs,
        NowMs = nowMs,
        AllowZstd = allowZstd,
    };

    private ValueTask<AppendOutcome> AppendAsync(Memory<byte> batch, in BatchInfo info, short acks, TimeSpan timeout, AppendOrigin origin,
        int? leaderEpoch = null)
    {
        AppendResult result = AppendLocked(batch, info, acks, origin, leaderEpoch, out PartitionLog? log);
        if (result.Error != ErrorCode.None || log is null)
        {
            return new ValueTask<AppendOutcome>(AfterFailure(result.Error, log));
        }

        if (!result.IsDuplicate)
        {
            Waiters.Notify();
        }

        return result.FlushNeeded ? AcknowledgeFlushedAsync(log, result, acks, timeout) : AcknowledgeAsync(result, acks, timeout);
    }

    private Task FlushAsync(PartitionLog log) => _flushes.Run(_host.Flushes.Of(log.Directory));

    /// <summary>Acknowledges an append after its flush. Other appends continue meanwhile, and those that need a flush share the next one.</summary>
    private async ValueTask<AppendOutcome> AcknowledgeFlushedAsync(PartitionLog log, AppendResult result, short acks, TimeSpan timeout)
    {
        await FlushAsync(log);
        if (FlushedUpTo > result.LastOffset)
        {
            return await AcknowledgeAsync(result, acks, timeout);
        }

        // The flush has failed, or the records were truncated or deleted before it.
        return AppendOutcome.Failed(State.Role is PartitionRole.Leader or PartitionRole.Offline ? ErrorCode.KafkaStorageError : ErrorCode.NotLeaderOrFollower);
    }

    private ValueTask<AppendOutcome> AcknowledgeAsync(in AppendResult result, short acks, TimeSpan timeout)
    {
        AppendOutcome appended = AppendOutcome.Of(result);
        if (acks != -1)
        {
            return new ValueTask<AppendOutcome>(appended);
        }

        // A duplicate waits like its original: answering at once would acknowledge a record that may still be lost.
        AckVerdict verdict = Acknowledge(result.LastOffset, result.Epoch);
        return verdict == AckVerdict.Wait
            ? new ValueTask<AppendOutcome>(WaitingAppend.Start(this, appended, result.LastOffset, result.Epoch, timeout, _host.Wheel))
            : new ValueTask<AppendOutcome>(WaitingAppend.OutcomeOf(verdict, appended));
    }

    private AppendResult AppendLocked(Memory<byte> batch, in BatchInfo info, short acks, AppendOrigin origin, int? leaderEpoch, out PartitionLog? log)
    {
        lock (_lock)
        {
            log = _log;
            bool isFenced = leaderEpoch is { } epoch && epoch != _state.LeaderEpoch;
            ErrorCode refused = log is null || isFenced ? ErrorCode.NotLeaderOrFollower
                : PartitionTransitions.MayAppend(_state, acks, log.Config.MinInSyncReplicas);
            if (log is null || refused != ErrorCode.None)
            {
                return AppendResult.Failed(refused);
            }

            long formerEnd = log.LogEndOffset;
            AppendResult result = log.AppendAsLeader(batch, WithOrderedTimestamp(batch, info), _state.LeaderEpoch, origin, _host.NowMs);
            if (result.Error == ErrorCode.None && !result.IsDuplicate)
            {
                Volatile.Write(ref _state, PartitionTransitions.Appended(_state, formerEnd));
                AdvanceHighWatermark(log);
            }

            return result;
        }
    }

    /// <summary>
    /// The broker's timestamp was read before the lock. If another append has overtaken this one, a new timestamp is read, so that a log's timestamps go back
    /// only with the clock.
    /// </summary>
    private BatchInfo WithOrderedTimestamp(Memory<byte> batch, in BatchInfo info)
    {
        if (info.TimestampType != TimestampType.LogAppendTime)
        {
            return info;
        }

        BatchInfo stamped = info.MaxTimestamp < _lastStampMs ? BatchWalker.Restamp(batch.Span, info, _host.NowMs) : info;
        _lastStampMs = stamped.MaxTimestamp;
        return stamped;
    }

    private AppendOutcome AfterFailure(ErrorCode error, PartitionLog? log)
    {
        if (error == ErrorCode.KafkaStorageError && log is { IsOffline: true })
        {
            Fail();
        }

        return AppendOutcome.Failed(error);
    }

    /// <summary>Flushes all records appended so far, outside of the lock, so that appends continue.</summary>
    private void TryFlush()
    {
        if (Log is not { } log)
        {
            return;
        }

        try
        {
            log.Flush(log.LogEndOffset, _host.NowMs);
        }
        catch (IOException failure)
        {
            PartitionLogMessages.FlushFailed(_host.Logger, Name, failure);
            if (log.IsOffline)
            {
                Fail();
            }

            return;
        }

        bool moved;
        lock (_lock)
        {
            moved = AdvanceHighWatermark(log);
        }

        if (moved)
        {
            Waiters.Notify();
        }
    }

    /// <summary>
    /// How far this broker's own log counts for the high watermark. With <c>flush.messages=1</c> a record counts only when it is on the disk, here and on every
    /// follower, so that it survives even where all replicas lose power at once.
    /// </summary>
    private static long SafeEnd(PartitionLog log) => log.Config.FlushMessages == 1 ? Math.Min(log.RecoveryPoint, log.LogEndOffset) : log.LogEndOffset;

    /// <summary>Advances the high watermark as far as the replicas allow; whether it has moved. Under the lock only.</summary>
    private bool AdvanceHighWatermark(PartitionLog log)
    {
        long now = log.HighWatermark;
        long next = PartitionTransitions.HighWatermark(_state, now, SafeEnd(log), log.LogEndOffset, log.Config.MinInSyncReplicas, _host.StampMs,
            _host.ReplicaLagMaxMs);
        if (next > now)
        {
            log.UpdateHighWatermark(next);
        }

        Debug.Assert(log.LogStartOffset <= log.LastStableOffset && log.LastStableOffset <= log.HighWatermark && log.HighWatermark <= log.LogEndOffset,
            "offsets are in order");
        return next > now;
    }
}
