using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>Where a follower's log ends, and so where it fetches next.</summary>
/// <param name="LeaderEpoch">The epoch in which it follows.</param>
/// <param name="Offset">The end of its log: it has all records below.</param>
/// <param name="LastEpoch">The epoch of its last record; -1 where it has none.</param>
/// <param name="LogStartOffset">The start of its log.</param>
internal readonly record struct FetchPosition(int LeaderEpoch, long Offset, int LastEpoch, long LogStartOffset);

/// <summary>The follower's half: what a leader sent is applied only where the position that was fetched from is still the log's.</summary>
internal sealed partial class Partition
{
    /// <summary>Where to fetch next; null where this broker does not follow.</summary>
    public FetchPosition? NextFetch()
    {
        lock (_lock)
        {
            return _state.Role == PartitionRole.Follower && _log is { } log
                ? new FetchPosition(_state.LeaderEpoch, log.LogEndOffset, log.Epochs.LatestEpoch, log.LogStartOffset)
                : null;
        }
    }

    /// <summary>
    /// Whether a fetch may acknowledge the whole log: not while records of it are not on the disk that <c>flush.messages=1</c> wants there, also where their
    /// flush has failed.
    /// </summary>
    public bool MayFetch => Log is not { } log || SafeEnd(log) >= log.LogEndOffset;

    /// <summary>
    /// Flushes the records that are not on the disk yet, where <c>flush.messages=1</c> demands it before the next fetch: a fetch acknowledges all records below
    /// its offset. Completed where there is nothing to wait for.
    /// </summary>
    public Task FlushBeforeFetch() => !MayFetch && Log is { } log ? FlushAsync(log) : Task.CompletedTask;

    /// <summary>Appends what the leader sent for a position, and follows its high watermark and log start.</summary>
    /// <param name="fetched">What the fetch asked for.</param>
    /// <param name="records">Whole batches; an incomplete one at the end, and batches from a newer epoch on, are left out.</param>
    /// <param name="leaderHighWatermark">Of the leader.</param>
    /// <param name="leaderLogStart">Of the leader.</param>
    /// <returns><see cref="ErrorCode.NotLeaderOrFollower"/> where the position is outdated; else what the log answers.</returns>
    public ErrorCode AppendAsFollower(in FetchPosition fetched, ReadOnlyMemory<byte> records, long leaderHighWatermark, long leaderLogStart)
    {
        PartitionLog? log;
        ErrorCode error = ErrorCode.None;
        lock (_lock)
        {
            if (!IsAt(fetched, out log))
            {
                return ErrorCode.NotLeaderOrFollower;
            }

            if (!records.IsEmpty)
            {
                error = log.AppendAsFollower(records, fetched.LeaderEpoch, _host.NowMs).Error;
                if (error == ErrorCode.OffsetOutOfRange && TryBeginBelow(log, records))
                {
                    error = log.AppendAsFollower(records, fetched.LeaderEpoch, _host.NowMs).Error;
                }
            }

            if (error == ErrorCode.None)
            {
                log.UpdateHighWatermark(Math.Max(log.HighWatermark, Math.Min(leaderHighWatermark, log.LogEndOffset)));
                if (leaderLogStart <= log.HighWatermark)
                {
                    log.IncrementLogStartOffset(leaderLogStart);
                }
            }
        }

        if (log.IsOffline)
        {
            Fail();
        }

        Waiters.Notify();
        return error;
    }

    /// <summary>Cuts the log where the leader's answer to a fetch shows that the two differ.</summary>
    /// <param name="fetched">What the fetch asked for; nothing is cut where that is outdated.</param>
    /// <param name="leaderEnd">Where an epoch ends in the leader's log.</param>
    public void TruncateAsFollower(in FetchPosition fetched, EpochEnd leaderEnd) => ChangeAsFollower(fetched, log => log.TruncateTo(
        PartitionTransitions.TruncationOffset(leaderEnd, log.EndOffsetFor(leaderEnd.Epoch), log.LogEndOffset, log.HighWatermark), _host.NowMs));

    /// <summary>Follows a leader whose log ends before this one or starts after it.</summary>
    /// <param name="fetched">What the fetch asked for; nothing changes where that is outdated.</param>
    /// <param name="leaderStart">The start of the leader's log.</param>
    /// <param name="leaderEnd">The end of the leader's log.</param>
    public void MoveInto(in FetchPosition fetched, long leaderStart, long leaderEnd) => ChangeAsFollower(fetched, log =>
    {
        if (leaderEnd < log.LogEndOffset)
        {
            log.TruncateTo(leaderEnd, _host.NowMs);
        }
        else if (leaderStart > log.LogEndOffset)
        {
            log.TruncateFullyAndStartAt(leaderStart, _host.NowMs);
        }
    });

    /// <summary>
    /// The leader's log starts in the middle of a batch, after records were deleted: an empty log begins with that whole batch, and its start then follows the
    /// leader's.
    /// </summary>
    private bool TryBeginBelow(PartitionLog log, ReadOnlyMemory<byte> records)
    {
        if (log.LogStartOffset != log.LogEndOffset || BatchInfo.TryRead(records.Span, out BatchInfo first) != BatchReadResult.Ok
            || first.BaseOffset >= log.LogEndOffset || first.NextOffset <= log.LogEndOffset)
        {
            return false;
        }

        try
        {
            log.TruncateFullyAndStartAt(first.BaseOffset, _host.NowMs);
            return true;
        }
        catch (IOException failure)
        {
            PartitionLogMessages.LogFailed(_host.Logger, Name, failure);
            return false;
        }
    }

    private void ChangeAsFollower(in FetchPosition fetched, Action<PartitionLog> change)
    {
        try
        {
            lock (_lock)
            {
                if (!IsAt(fetched, out PartitionLog? log))
                {
                    return;
                }

                change(log);
                PartitionLogMessages.Truncated(_host.Logger, Name, fetched.Offset, log.LogEndOffset);
            }
        }
        catch (IOException failure)
        {
            PartitionLogMessages.LogFailed(_host.Logger, Name, failure);
            Fail();
        }

        Waiters.Notify();
    }

    private bool IsAt(in FetchPosition fetched, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PartitionLog? log)
    {
        log = _log;
        return _state.Role == PartitionRole.Follower && log is not null && _state.LeaderEpoch == fetched.LeaderEpoch && log.LogEndOffset == fetched.Offset;
    }
}
