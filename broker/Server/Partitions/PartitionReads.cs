using Broker.Protocol;
using Broker.Protocol.Records;
using Broker.Storage;
using Broker.Storage.Logs;

namespace Broker.Server.Partitions;

/// <summary>Reads from a partition. Nothing here locks; every method uses published state only. Any thread.</summary>
internal static class PartitionReads
{
    /// <summary>ListOffsets' special timestamps.</summary>
    public const long Latest = -1;

    /// <inheritdoc cref="Latest"/>
    public const long Earliest = -2;

    /// <inheritdoc cref="Latest"/>
    public const long MaxTimestamp = -3;

    /// <inheritdoc cref="Latest"/>
    public const long EarliestLocal = -4;

    /// <inheritdoc cref="Latest"/>
    public const long LatestTiered = -5;

    /// <summary>Reads for a fetch.</summary>
    /// <param name="partition">The partition to read.</param>
    /// <param name="query">What the reader asks for.</param>
    /// <param name="maxBytes">The most bytes to return, when smaller than the query's own limit.</param>
    /// <param name="wholeFirstBatch">Whether the first batch is returned whole even where it is larger than all limits.</param>
    /// <param name="nowMs">The time, epoch ms.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public static FetchAnswer Fetch(this Partition partition, in FetchQuery query, int maxBytes, bool wholeFirstBatch, long nowMs)
    {
        PartitionState state = partition.State;
        ErrorCode error = Check(partition, state, query, out PartitionLog? log);
        if (error != ErrorCode.None || log is null)
        {
            return new FetchAnswer(error) { LeaderId = state.LeaderId, LeaderEpoch = state.LeaderEpoch };
        }

        FetchAnswer answer = new(ErrorCode.None)
        {
            // Read in this order, each offset is at least the one before it: log start, last stable, high watermark.
            LogStartOffset = log.LogStartOffset,
            LastStableOffset = log.LastStableOffset,
            HighWatermark = log.HighWatermark,
            LeaderId = state.LeaderId,
            LeaderEpoch = state.LeaderEpoch,
        };
        if (query.ReadFrom is { } closest)
        {
            // That it has not read here to the end keeps the partition in the session's next fetch.
            return answer with { ReadFrom = closest, ReadableEnd = long.MaxValue };
        }

        if (Diverging(log, query) is { } diverging)
        {
            return diverging.Epoch < 0 ? new FetchAnswer(ErrorCode.OffsetOutOfRange) : answer with { Diverging = diverging };
        }

        long upTo = ReadableEnd(log, query.Reader, answer);
        answer = answer with { ReadableEnd = upTo };
        ReadResult read = log.Read(query.Offset, Math.Min(query.MaxBytes, maxBytes), upTo, wholeFirstBatch);
        if (read.Error != ErrorCode.None)
        {
            return new FetchAnswer(read.Error);
        }

        if (read.FirstBatchIsCut)
        {
            // A reader cannot use a part of a batch; after an empty answer it may ask again with a higher limit.
            read.Slice?.Dispose();
            return answer with { Aborted = query.Reader == FetchReader.Committed ? [] : null };
        }

        return answer with
        {
            Slice = read.Slice,
            IsRecent = log.IsRecent(query.Offset, nowMs),
            Aborted = query.Reader == FetchReader.Committed ? Aborted(log, read, query.Offset, upTo) : null,
        };
    }

    /// <summary>
    /// How many bytes a waiting fetch would get now, as far as it matters for <paramref name="enough"/>; -1 when it must be answered at once (an error, a
    /// truncation). Touches no disk: it runs on the appender's thread.
    /// </summary>
    /// <param name="partition">The partition to read.</param>
    /// <param name="query">What the reader asks for.</param>
    /// <param name="enough">Bytes that the fetch waits for.</param>
    /// <param name="from">The place of the query's offset in the log; not used where one byte is enough.</param>
    public static long Available(this Partition partition, in FetchQuery query, long enough, in LogPlace from)
    {
        if (Check(partition, partition.State, query, out PartitionLog? log) != ErrorCode.None || log is null || Diverging(log, query) is not null)
        {
            return -1;
        }

        long upTo = query.Reader switch
        {
            FetchReader.Replica => log.LogEndOffset,
            FetchReader.Committed => log.LastStableOffset,
            _ => log.HighWatermark,
        };
        if (query.Offset < log.LogStartOffset || query.Offset > log.LogEndOffset)
        {
            return -1;
        }

        long wanted = Math.Min(enough, query.MaxBytes);
        return query.Offset >= upTo || wanted <= 0 ? 0
            : wanted == 1 ? 1
            : Math.Min(log.BytesFrom(from, upTo), query.MaxBytes);
    }

    /// <summary>Answers ListOffsets for one partition.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="timestampMs">Epoch ms from 0 on, or one of the special values.</param>
    /// <param name="reader">Decides which offset is the end; null is Kafka's debugging consumer, which sees the log's end on any replica.</param>
    /// <param name="currentLeaderEpoch">-1 none.</param>
    /// <param name="leaderOnly">False for the debugging consumer.</param>
    /// <param name="bound">Bounds the decompression of a search.</param>
    /// <param name="cancel">Ends a cold search.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public static OffsetAnswer ListOffset(
        this Partition partition, long timestampMs, FetchReader? reader, int currentLeaderEpoch, bool leaderOnly, DecompressionBound bound,
        CancellationToken cancel)
    {
        PartitionState state = partition.State;
        ErrorCode error = Check(partition, state, new FetchQuery { CurrentLeaderEpoch = currentLeaderEpoch, LeaderOnly = leaderOnly, ReplicaId = -1 },
            out PartitionLog? log);
        if (error != ErrorCode.None || log is null)
        {
            return new OffsetAnswer(error);
        }

        long end = reader switch
        {
            FetchReader.Uncommitted => log.HighWatermark,
            FetchReader.Committed => log.LastStableOffset,
            _ => log.LogEndOffset,
        };

        // A new leader's high watermark may be below the one that its predecessor has answered: until it has caught up, the end is unknown (KIP-207).
        bool lagging = reader is FetchReader.Uncommitted or FetchReader.Committed && state.IsLeader && log.HighWatermark < state.LeaderEpochStartOffset;
        switch (timestampMs)
        {
            case Latest:
                return lagging ? new OffsetAnswer(ErrorCode.OffsetNotAvailable) : new OffsetAnswer(ErrorCode.None, end, -1, state.LeaderEpoch);
            case Earliest or EarliestLocal:
                return new OffsetAnswer(ErrorCode.None, log.LogStartOffset, -1, log.Epochs.EpochOf(log.LogStartOffset));
            case LatestTiered:
                return new OffsetAnswer(ErrorCode.None);
        }

        TimestampOffset? found = timestampMs == MaxTimestamp ? log.OffsetOfLargestTimestamp(bound, cancel) : log.OffsetForTimestamp(timestampMs, bound, cancel);
        if (found is { } record && record.Offset < end)
        {
            return new OffsetAnswer(ErrorCode.None, record.Offset, record.TimestampMs, log.Epochs.EpochOf(record.Offset));
        }

        return lagging ? new OffsetAnswer(ErrorCode.OffsetNotAvailable) : new OffsetAnswer(ErrorCode.None);
    }

    /// <summary>Where a leader epoch ends (KIP-101); only the leader answers.</summary>
    public static (ErrorCode Error, EpochEnd End) EndOfEpoch(this Partition partition, int currentLeaderEpoch, int leaderEpoch)
    {
        PartitionState state = partition.State;
        ErrorCode error = Check(partition, state, new FetchQuery { CurrentLeaderEpoch = currentLeaderEpoch, LeaderOnly = true, ReplicaId = -1 },
            out PartitionLog? log);
        return error != ErrorCode.None || log is null ? (error, EpochEnd.Undefined) : (ErrorCode.None, log.EndOffsetFor(leaderEpoch));
    }

    private static ErrorCode Check(Partition partition, PartitionState state, in FetchQuery query, out PartitionLog? log)
    {
        log = partition.Log;
        bool leaderOnly = query.LeaderOnly || query.ReplicaId >= 0;
        ErrorCode error = PartitionTransitions.MayRead(state, leaderOnly);
        if (error == ErrorCode.KafkaStorageError)
        {
            return error;
        }

        // The epoch is checked first: a fenced epoch says more to a client with old metadata than "not leader" does.
        ErrorCode epoch = PartitionTransitions.CheckEpoch(state, query.CurrentLeaderEpoch);
        if (epoch != ErrorCode.None || error != ErrorCode.None)
        {
            return epoch != ErrorCode.None && state.Role is PartitionRole.Leader or PartitionRole.Follower ? epoch : error;
        }

        if (query.ReplicaId >= 0 && !state.Replicas.Contains(query.ReplicaId))
        {
            return query.CurrentLeaderEpoch >= 0 ? ErrorCode.UnknownLeaderEpoch : ErrorCode.NotLeaderOrFollower;
        }

        return log is null ? ErrorCode.NotLeaderOrFollower : ErrorCode.None;
    }

    /// <summary>Null where the reader's log agrees with this one; an undefined end where this log does not know the reader's epoch.</summary>
    private static EpochEnd? Diverging(PartitionLog log, in FetchQuery query)
    {
        if (query.LastFetchedEpoch < 0)
        {
            return null;
        }

        EpochEnd end = log.EndOffsetFor(query.LastFetchedEpoch);
        if (end.Epoch < 0 || query.Offset < log.LogStartOffset)
        {
            return EpochEnd.Undefined;
        }

        return end.Epoch < query.LastFetchedEpoch || end.EndOffset < query.Offset ? end : null;
    }

    private static long ReadableEnd(PartitionLog log, FetchReader reader, in FetchAnswer answer) => reader switch
    {
        FetchReader.Replica => log.LogEndOffset,
        FetchReader.Committed => answer.LastStableOffset,
        _ => answer.HighWatermark,
    };

    private static IReadOnlyList<AbortedTransaction> Aborted(PartitionLog log, in ReadResult read, long from, long upTo) =>
        read.Slice is null ? [] : log.AbortedTransactions(from, log.UpperBoundOf(read, from, upTo));
}
