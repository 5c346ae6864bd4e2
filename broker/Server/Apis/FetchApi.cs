using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis.Fetching;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Replication;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;
using Broker.Storage.Logs;

namespace Broker.Server.Apis;

// Fetch, versions 0 to 17.
// 0-3: message formats 0 and 1, answered with UNSUPPORTED_FOR_MESSAGE_FORMAT for each partition. 4: record batches, isolation level, aborted transactions.
// 5: log start offsets. 6: as 5. 7: sessions (KIP-227). 8: as 7. 9: the client's leader epoch is checked. 10: Zstandard. 11: rack, reading from followers.
// 12: flexible; the last fetched epoch is checked, and the response says where the logs diverge (diverging_epoch). 13: topics by id. 14: as 13. 15: the
// replica's broker epoch. 16: the leader's endpoint, with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH. 17: the replica's directory.
//
// Departs from Kafka:
// - Formats 0 and 1: see above; the broker does not convert record batches down to them.
// - In a session, the leader looks for a replica that is closer to the consumer (KIP-392) when the partition has changed, not with each fetch.
// - Where consumers read from followers (replica.selector.class), a waiting fetch of a follower is also answered when a high watermark has moved.
// - In a session, the broker authorizes a partition only when it reads the partition. A client that loses its right to read therefore gets
//   TOPIC_AUTHORIZATION_FAILED only with the partition's next change.
// - All sessions together hold at most 500,000 partitions. The broker does not create a session that would exceed this limit, and ends one that would grow
//   beyond it; its client then sends full requests.
//
// A response does not hold a copy of records but references into the log; the sender reads them when the socket can take more bytes.

/// <summary>Sends record batches to consumers and followers: at once, or as soon as min_bytes are available or max_wait_ms has expired.</summary>
/// <param name="services">What the data path shares.</param>
/// <param name="sessions">The broker's fetch sessions.</param>
/// <param name="fetchMaxBytes"><c>fetch.max.bytes</c>.</param>
/// <param name="isRackAware">Whether a consumer is sent to a replica in its rack.</param>
/// <param name="quota">What followers may fetch of replicas that are out of sync.</param>
internal sealed class FetchApi(DataServices services, FetchSessionCache sessions, int fetchMaxBytes, bool isRackAware, ReplicationQuota quota)
    : Api<FetchRequest, FetchResponse>
{
    private const short FirstWithBatches = 4;
    private const short LastWithoutStorageError = 5;
    private const short FirstWithFollowerReads = 11;
    private const short FirstWithReplicaState = 15;
    private const short FirstWithLeaders = 16;

    protected override ValueTask<FetchResponse?> Handle(FetchRequest request, RequestContext context)
    {
        if (context.ApiVersion < FirstWithBatches)
        {
            return new ValueTask<FetchResponse?>(RefuseOldFormat(request, context));
        }

        int replicaId = context.ApiVersion >= FirstWithReplicaState ? request.ReplicaState?.ReplicaId ?? -1 : request.ReplicaId;
        (ErrorCode error, FetchPlan? plan) = FetchPlan.Of(request, context.ApiVersion, replicaId >= 0, sessions, NowMs());
        if (plan is null)
        {
            return new ValueTask<FetchResponse?>(new FetchResponse { ErrorCode = (short)error, ThrottleTimeMs = context.ThrottleTimeMs });
        }

        int maxBytes = Math.Min(Math.Max(request.MaxBytes, 0), fetchMaxBytes);
        Fetch fetch = new(plan, request, maxBytes, TermsOf(request, replicaId, Math.Min(request.MinBytes, maxBytes), context), context);
        lock (plan.Session.Gate)
        {
            plan.Session.SetTerms(fetch.Terms);
        }

        FetchEntry[] entries = SelectPartitions(fetch);
        RecordFollowerProgress(fetch, entries);
        long nowMs = WallMs();
        return IsCold(entries, nowMs) ? AnswerCold(fetch, entries, nowMs) : AnswerRecent(fetch, entries, nowMs);
    }

    private static FetchResponse RefuseOldFormat(FetchRequest request, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        Responses = Array.ConvertAll(request.Topics, topic => new FetchResponse.FetchableTopicResponse
        {
            Topic = topic.Topic,
            Partitions = Array.ConvertAll(topic.Partitions, partition => new FetchResponse.PartitionData
            {
                PartitionIndex = partition.Partition,
                ErrorCode = (short)ErrorCode.UnsupportedForMessageFormat,
                HighWatermark = -1,
                AbortedTransactions = null,
                Records = new MemoryRecords(ReadOnlyMemory<byte>.Empty),
            }),
        }),
    };

    /// <summary>
    /// Records how far the follower is: partition by partition for those that it names, that have changed or of which its replica is not in sync, and for all
    /// others of its session at once, by the session's clock.
    /// </summary>
    private void RecordFollowerProgress(Fetch fetch, FetchEntry[] entries)
    {
        if (fetch.Terms.ReplicaId < 0)
        {
            return;
        }

        fetch.Session.Clock.LastMs = NowMs();
        foreach (FetchEntry entry in entries)
        {
            entry.IsNoted = Note(fetch, entry);
        }
    }

    /// <summary>Records how far the follower is in one partition.</summary>
    /// <returns>Whether that was possible.</returns>
    private static bool Note(Fetch fetch, FetchEntry entry)
    {
        // A fetch offset acknowledges the records below it only where the follower's log agrees with this log, which Available checks.
        if (entry.Source is not { Partition: { } partition, Query: FetchQuery query } || partition.Available(query, 1, LogPlace.Unknown) < 0)
        {
            return false;
        }

        FollowerFetch progress = new(
            query.ReplicaId, fetch.Terms.ReplicaEpoch, query.CurrentLeaderEpoch, query.Offset, query.ReplicaLogStart, fetch.Session.Clock);
        return partition.NoteFollowerFetch(progress) == ErrorCode.None;
    }

    /// <summary>Whether reading may block on a disk, because the records were not appended recently.</summary>
    private static bool IsCold(FetchEntry[] entries, long nowMs)
    {
        foreach (FetchEntry entry in entries)
        {
            if (entry.Source is { Partition.Log: { } log, Query.Offset: long offset } && offset >= log.LogStartOffset && !log.IsRecent(offset, nowMs))
            {
                return true;
            }
        }

        return false;
    }

    private FetchTerms TermsOf(FetchRequest request, int replicaId, int minBytes, RequestContext context) => new(
        replicaId >= 0 ? FetchReader.Replica : request.IsolationLevel == 0 ? FetchReader.Uncommitted : FetchReader.Committed,
        replicaId,
        request.ReplicaState?.ReplicaEpoch ?? -1,
        LeaderOnly: replicaId >= 0 || (replicaId == -1 && context.ApiVersion < FirstWithFollowerReads),
        MayFollow: replicaId >= 0 ? services.Authorizer.AllowsClusterAction(context) : null,
        minBytes,
        isRackAware && replicaId < 0 && !string.IsNullOrEmpty(request.RackId) ? new ClosestReplica(request.RackId, context.ListenerName) : null,
        replicaId >= 0 ? quota : null,
        AwaitsHighWatermark: isRackAware && replicaId >= 0);

    /// <summary>Takes the session's active partitions and resolves each.</summary>
    private FetchEntry[] SelectPartitions(Fetch fetch)
    {
        ClusterImage image = services.Metadata.Current;
        FetchEntry[] entries = fetch.Session.TakeActive();
        foreach (FetchEntry entry in entries)
        {
            Resolve(entry, image, fetch);
        }

        return entries;
    }

    private void Resolve(FetchEntry entry, ClusterImage image, Fetch fetch)
    {
        (FetchKey key, FetchTerms terms) = (entry.Key, fetch.Terms);
        string? topic = entry.TopicIn(image);
        Partition? partition = topic is null ? null : services.Partitions.Find(topic, key.Partition);
        ErrorCode error = topic is null ? ErrorCode.UnknownTopicId
            : !(terms.MayFollow ?? services.MayTopic(fetch.Context, AclOperation.Read, topic)) ? ErrorCode.TopicAuthorizationFailed
            : image.Partition(topic, key.Partition) is null ? ErrorCode.UnknownTopicOrPartition
            : partition is null ? ErrorCode.NotLeaderOrFollower
            : key.TopicId != Guid.Empty && partition.TopicId != Guid.Empty && partition.TopicId != key.TopicId ? ErrorCode.InconsistentTopicId
            : ErrorCode.None;
        FetchQuery query = new()
        {
            Offset = entry.Requested.FetchOffset,
            MaxBytes = Math.Max(entry.Requested.PartitionMaxBytes, 0),
            CurrentLeaderEpoch = entry.Requested.CurrentLeaderEpoch,
            LastFetchedEpoch = entry.Requested.LastFetchedEpoch,
            Reader = terms.Reader,
            ReplicaId = terms.ReplicaId,
            LeaderOnly = terms.LeaderOnly,
            ReplicaLogStart = entry.Requested.LogStartOffset,
            ReadFrom = error == ErrorCode.None ? ReplicaToReadFrom(partition!, entry.Requested.FetchOffset, image, terms.Closest) : null,
        };
        entry.SetSource(error, topic ?? "", error == ErrorCode.None ? partition : null, query);
    }

    /// <summary>The replica that is closer to a consumer than this one; null where there is none, or where this broker does not lead.</summary>
    private static int? ReplicaToReadFrom(Partition partition, long offset, ClusterImage image, ClosestReplica? closest) =>
        closest is { } selector && partition is { State: { IsLeader: true } state, Log: { } log }
        && image.Partition(partition.Name.Topic, partition.Name.Partition) is { } known
        && selector.Of(state, known, offset, log.LogEndOffset, image) is not ClosestReplica.Leader and var found ? found : null;

    private async ValueTask<FetchResponse?> AnswerCold(Fetch fetch, FetchEntry[] entries, long nowMs)
    {
        FetchReading reading = await ReadCold(fetch, entries, nowMs);
        if (fetch.IsEnough(reading))
        {
            return Answer(fetch, reading);
        }

        // Before it waits, the fetch looks up where its offsets lie in the log, which may read the disk, too.
        reading.Dispose();
        return await AnswerAfter(fetch, await ThreadsOf(entries).Run(() => Wait(fetch)));
    }

    private ValueTask<FetchResponse?> AnswerRecent(Fetch fetch, FetchEntry[] entries, long nowMs)
    {
        FetchReading reading = Read(fetch, entries, nowMs);
        if (fetch.IsEnough(reading))
        {
            return new ValueTask<FetchResponse?>(Answer(fetch, reading));
        }

        reading.Dispose();
        return AnswerAfter(fetch, Wait(fetch));
    }

    private async ValueTask<FetchResponse?> AnswerAfter(Fetch fetch, Task waiting)
    {
        await waiting;
        FetchEntry[] entries = SelectPartitions(fetch);
        long nowMs = WallMs();
        return Answer(fetch, IsCold(entries, nowMs) ? await ReadCold(fetch, entries, nowMs) : Read(fetch, entries, nowMs));
    }

    private FetchReading Read(Fetch fetch, FetchEntry[] entries, long nowMs) =>
        FetchReading.Read(fetch.Session, entries, fetch.MaxBytes, fetch.Terms, nowMs, services.Logger);

    private Task<FetchReading> ReadCold(Fetch fetch, FetchEntry[] entries, long nowMs) => ThreadsOf(entries).Run(() => Read(fetch, entries, nowMs));

    private IBlockingWork ThreadsOf(FetchEntry[] entries) => services.Cold.Of(entries.Select(entry => entry.Source?.Partition));

    private Task Wait(Fetch fetch) =>
        WaitingFetch.Start(fetch.Session, fetch.Terms, TimeSpan.FromMilliseconds(fetch.Request.MaxWaitMs), services.Wheel, fetch.Context.ClientEnded);

    private FetchResponse Answer(Fetch fetch, FetchReading reading)
    {
        FetchResponse response = new() { Responses = reading.Answer(), SessionId = fetch.Session.Id, ThrottleTimeMs = fetch.Context.ThrottleTimeMs };
        if (fetch.Session.Id == 0)
        {
            CreateSessionOrClose(fetch, response);
        }

        if (reading.HasErrors)
        {
            AdaptErrorsToVersion(response, reading.Answered, fetch.Context);
        }

        return response;
    }

    private void CreateSessionOrClose(Fetch fetch, FetchResponse response)
    {
        if (fetch.Plan.WantsSession && sessions.TryAdd(fetch.Session, NowMs()))
        {
            response.SessionId = fetch.Session.Id;
        }
        else
        {
            fetch.Session.Close();
        }
    }

    /// <summary>Adds the leader to errors in versions that have a field for it, and replaces an error code that old versions do not know.</summary>
    private void AdaptErrorsToVersion(FetchResponse response, ReadOnlySpan<FetchEntry> answered, RequestContext context)
    {
        LeaderHints leaders = default;
        int next = 0;
        foreach (FetchResponse.FetchableTopicResponse topic in response.Responses)
        {
            foreach (FetchResponse.PartitionData data in topic.Partitions)
            {
                FetchEntry entry = answered[next++];
                ErrorCode error = (ErrorCode)data.ErrorCode;
                if (error is ErrorCode.NotLeaderOrFollower or ErrorCode.FencedLeaderEpoch && context.ApiVersion >= FirstWithLeaders)
                {
                    AddLeader(ref leaders, entry, data, context);
                }

                if (error == ErrorCode.KafkaStorageError && context.ApiVersion <= LastWithoutStorageError)
                {
                    // Clients of these versions do not know KAFKA_STORAGE_ERROR; on NOT_LEADER_OR_FOLLOWER they look up the leader again.
                    data.ErrorCode = (short)ErrorCode.NotLeaderOrFollower;
                }
            }
        }

        response.NodeEndpoints = [.. leaders.Nodes.Select(n =>
            new FetchResponse.NodeEndpoint { NodeId = n.Id, Host = n.Endpoint.Host, Port = n.Endpoint.Port, Rack = n.Rack })];
    }

    private void AddLeader(ref LeaderHints leaders, FetchEntry entry, FetchResponse.PartitionData data, RequestContext context)
    {
        string topic = entry.Source!.Topic;
        Partition? partition = services.Partitions.Find(topic, entry.Key.Partition);
        (int leader, int epoch) = leaders.Add(services.Metadata.Current, partition, topic, entry.Key.Partition, context.ListenerName);
        data.CurrentLeader = new() { LeaderId = leader, LeaderEpoch = epoch };
    }

    private long WallMs() => services.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    private long NowMs() => (long)(services.Clock.GetTimestamp() * (1000.0 / services.Clock.TimestampFrequency));

    private sealed record Fetch(FetchPlan Plan, FetchRequest Request, int MaxBytes, FetchTerms Terms, RequestContext Context)
    {
        public FetchSession Session => Plan.Session;

        /// <summary>
        /// Whether the fetch is answered without waiting: max_wait_ms is 0, no partition could be resolved, a partition has an error or a divergence, or there
        /// are min_bytes. As Kafka decides.
        /// </summary>
        public bool IsEnough(FetchReading reading) =>
            Request.MaxWaitMs <= 0 || reading.Unresolved >= Session.Count || reading.MustAnswer || reading.Bytes >= Terms.MinBytes;
    }
}
