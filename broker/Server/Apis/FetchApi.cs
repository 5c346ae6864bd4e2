using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis.Fetching;
using Broker.Server.Metadata;
using Broker.Server.Network;
using Broker.Server.Partitions;
using Broker.Server.Security;
using Broker.Storage;

namespace Broker.Server.Apis;

// Fetch, versions 0 to 17.
// 0-3: message formats 0 and 1, answered with UNSUPPORTED_FOR_MESSAGE_FORMAT for each partition. 4: record batches, isolation level, aborted transactions.
// 5: log start offsets. 6: as 5. 7: sessions (KIP-227). 8: as 7. 9: the client's leader epoch is checked. 10: Zstandard. 11: rack, reading from followers.
// 12: flexible, the last fetched epoch is checked and a divergence told. 13: topics by id. 14: as 13. 15: the replica's broker epoch. 16: where the leader is,
// with "not leader" and "fenced epoch". 17: the replica's directory.
//
// Departs from Kafka:
// - Formats 0 and 1: see above; there is no conversion down from record batches.
// - No replica selector is built: preferred_read_replica is always -1.
// - A session of so many partitions that all sessions would pass 500,000 is not created, and one that would grow so far ends; the client then sends full requests.
//
// A response holds claims on the log, never its bytes; the network reads them as the socket drains.

/// <summary>Gives record batches to consumers and followers, at once or when there are enough.</summary>
internal sealed class FetchApi(DataServices services, FetchSessionCache sessions, int fetchMaxBytes) : Api<FetchRequest, FetchResponse>
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

        Fetch fetch = new(plan, Resolve(plan, request, replicaId, context), request, Math.Min(Math.Max(request.MaxBytes, 0), fetchMaxBytes), context);
        NoteFollower(fetch.Items, replicaId);
        long nowMs = WallMs();
        return IsCold(fetch.Items, nowMs) ? AnswerCold(fetch, nowMs) : AnswerRecent(fetch, nowMs);
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

    private static void NoteFollower(FetchItem[] items, int replicaId)
    {
        if (replicaId < 0)
        {
            return;
        }

        foreach (FetchItem item in items)
        {
            // Its offset acknowledges what lies below only where our logs agree; the reading then says so.
            if (item.Partition is { } partition && partition.Available(item.Query, 1, LogPlace.Unknown) >= 0)
            {
                _ = partition.NoteFollowerFetch(replicaId, item.Query.Offset, item.Query.ReplicaLogStart);
            }
        }
    }

    /// <summary>Whether the look-up may have to wait for a disk: records that were not appended lately.</summary>
    private static bool IsCold(FetchItem[] items, long nowMs)
    {
        foreach (FetchItem item in items)
        {
            if (item.Partition?.Log is { } log && item.Query.Offset >= log.LogStartOffset && !log.IsRecent(item.Query.Offset, nowMs))
            {
                return true;
            }
        }

        return false;
    }

    private FetchItem[] Resolve(FetchPlan plan, FetchRequest request, int replicaId, RequestContext context)
    {
        ClusterImage image = services.Metadata.Current;
        bool mayFollow = replicaId < 0 || services.MayActForCluster(context);
        FetchReader reader = replicaId >= 0 ? FetchReader.Replica : request.IsolationLevel == 0 ? FetchReader.Uncommitted : FetchReader.Committed;
        FetchItem[] items = new FetchItem[plan.Entries.Length];
        for (int i = 0; i < items.Length; i++)
        {
            FetchEntry entry = plan.Entries[i];
            FetchQuery query = new()
            {
                Offset = entry.FetchOffset,
                MaxBytes = Math.Max(entry.MaxBytes, 0),
                CurrentLeaderEpoch = entry.CurrentLeaderEpoch,
                LastFetchedEpoch = entry.LastFetchedEpoch,
                Reader = reader,
                ReplicaId = replicaId,
                LeaderOnly = replicaId >= 0 || (replicaId == -1 && context.ApiVersion < FirstWithFollowerReads),
                ReplicaLogStart = entry.LogStartOffset,
            };
            items[i] = Resolve(image, entry.Key, query, plan.UsesTopicIds, replicaId >= 0 ? mayFollow : null, context);
        }

        return items;
    }

    private FetchItem Resolve(ClusterImage image, FetchKey key, in FetchQuery query, bool byId, bool? mayFollow, RequestContext context)
    {
        string? topic = byId ? image.Topic(key.TopicId)?.Name : key.Topic;
        Partition? partition = topic is null ? null : services.Partitions.Find(topic, key.Partition);
        ErrorCode error = topic is null ? ErrorCode.UnknownTopicId
            : !(mayFollow ?? services.MayTopic(context, AclOperation.Read, topic)) ? ErrorCode.TopicAuthorizationFailed
            : image.Partition(topic, key.Partition) is null ? ErrorCode.UnknownTopicOrPartition
            : partition is null ? ErrorCode.NotLeaderOrFollower
            : byId && partition.TopicId != Guid.Empty && partition.TopicId != key.TopicId ? ErrorCode.InconsistentTopicId
            : ErrorCode.None;
        return new FetchItem(error, topic ?? "", key.Partition, error == ErrorCode.None ? partition : null, query);
    }

    private async ValueTask<FetchResponse?> AnswerCold(Fetch fetch, long nowMs)
    {
        FetchReading reading = await ReadCold(fetch, nowMs);
        if (fetch.IsEnough(reading))
        {
            return Answer(fetch, reading);
        }

        // To wait, it looks for the places of its offsets, which is a cold read, too.
        reading.Dispose();
        return await AnswerAfter(fetch, await services.Cold.Run(() => Wait(fetch)));
    }

    private ValueTask<FetchResponse?> AnswerRecent(Fetch fetch, long nowMs)
    {
        FetchReading reading = Read(fetch, nowMs);
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
        long nowMs = WallMs();
        return Answer(fetch, IsCold(fetch.Items, nowMs) ? await ReadCold(fetch, nowMs) : Read(fetch, nowMs));
    }

    private FetchReading Read(Fetch fetch, long nowMs) => FetchReading.Read(fetch.Items, fetch.MaxBytes, nowMs, services.Logger);

    private Task<FetchReading> ReadCold(Fetch fetch, long nowMs) => services.Cold.Run(() => Read(fetch, nowMs));

    private Task Wait(Fetch fetch) =>
        WaitingFetch.Start(fetch.Items, fetch.MinBytes, TimeSpan.FromMilliseconds(fetch.Request.MaxWaitMs), services.Wheel, fetch.Context.ClientEnded);

    private FetchResponse Answer(Fetch fetch, FetchReading reading)
    {
        LeaderHints leaders = default;
        FetchResponse.PartitionData[] data = new FetchResponse.PartitionData[fetch.Items.Length];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = reading.ToData(i, fetch.Items[i].Index);
            ErrorCode error = reading.Answers[i].Error;
            if (error is ErrorCode.NotLeaderOrFollower or ErrorCode.FencedLeaderEpoch && fetch.Context.ApiVersion >= FirstWithLeaders)
            {
                AddLeader(ref leaders, fetch.Items[i], data[i], fetch.Context);
            }

            if (error == ErrorCode.KafkaStorageError && fetch.Context.ApiVersion <= LastWithoutStorageError)
            {
                // Clients of that time know no storage error, and look for the leader again on this one.
                data[i].ErrorCode = (short)ErrorCode.NotLeaderOrFollower;
            }
        }

        FetchResponse response = fetch.Plan.Answer(data, sessions, NowMs());
        response.ThrottleTimeMs = fetch.Context.ThrottleTimeMs;
        response.NodeEndpoints = [.. leaders.Nodes.Select(n =>
            new FetchResponse.NodeEndpoint { NodeId = n.Id, Host = n.Endpoint.Host, Port = n.Endpoint.Port, Rack = n.Rack })];
        return response;
    }

    private void AddLeader(ref LeaderHints leaders, in FetchItem item, FetchResponse.PartitionData data, RequestContext context)
    {
        Partition? partition = services.Partitions.Find(item.Topic, item.Index);
        (int leader, int epoch) = leaders.Note(services.Metadata.Current, partition, item.Topic, item.Index, context.ListenerName);
        data.CurrentLeader = new() { LeaderId = leader, LeaderEpoch = epoch };
    }

    private long WallMs() => services.Clock.GetUtcNow().ToUnixTimeMilliseconds();

    private long NowMs() => (long)(services.Clock.GetTimestamp() * (1000.0 / services.Clock.TimestampFrequency));

    private sealed record Fetch(FetchPlan Plan, FetchItem[] Items, FetchRequest Request, int MaxBytes, RequestContext Context)
    {
        public int MinBytes => Math.Min(Request.MinBytes, MaxBytes);

        public bool IsEnough(FetchReading reading) =>
            Request.MaxWaitMs <= 0 || Items.Length == 0 || reading.MustAnswer || reading.Bytes >= MinBytes;
    }
}
