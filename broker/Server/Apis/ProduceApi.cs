using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Protocol.Records;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// Produce, versions 0 to 11.
// 0-2: message formats 0 and 1, answered with UNSUPPORTED_FOR_MESSAGE_FORMAT for each partition (those versions have no other format).
// 3: record batches; each partition has exactly one. 4-6: as 3, with the log start offset from 5. 7: Zstandard. 8: record errors and a message.
// 9: flexible. 10: the leader's endpoint, with NOT_LEADER_OR_FOLLOWER. 11: as 10.
//
// Departs from Kafka:
// - Message formats 0 and 1 get UNSUPPORTED_FOR_MESSAGE_FORMAT in every version (Kafka accepts them below 3, and answers INVALID_RECORD from 3 on).
// - The broker does not serve transactions: each partition of a request with a transactional id, or with a transactional batch, gets
//   TRANSACTIONAL_ID_AUTHORIZATION_FAILED, and the broker logs a warning. No client retries this error; for the Java producer it is fatal.
// - A batch whose record offsets have gaps gets INVALID_RECORD; Kafka renumbers the records of a compressed batch.
// - The broker stores a compression.type other than "producer" as a setting, but it does not recompress batches.
// - A block of a framed Snappy stream that decompresses to more than 8 MiB gets INVALID_RECORD; clients write blocks of 32 KiB.
// - record_errors lists at most 100 records of a batch.
//
// A request's dispatch ends when the broker has appended or refused all its batches. The response waits until they are flushed, where flush.messages requires
// it, and with acks=all until the in-sync replicas have them, too.

/// <summary>Appends clients' record batches.</summary>
internal sealed class ProduceApi(DataServices services) : Api<ProduceRequest, ProduceResponse>
{
    private const short FirstWithBatches = 3;
    private const short FirstWithZstd = 7;
    private const short FirstWithLeaders = 10;

    /// <summary>The only client id that may produce to internal topics, as in Kafka.</summary>
    private const string AdminClientId = "__admin_client";

    public override bool MayRunAhead => true;

    protected override ValueTask<ProduceResponse?> Handle(ProduceRequest request, RequestContext context)
    {
        // In the order of the request's topics and partitions.
        ValueTask<AppendOutcome>[] appends = new ValueTask<AppendOutcome>[PartitionsOf(request)];
        ValueTask dispatch = AppendAll(request, appends, context);
        if (!dispatch.IsCompletedSuccessfully)
        {
            Task dispatching = dispatch.AsTask();
            context.Dispatching = dispatching;
            return AnswerAfter(dispatching, request, appends, context);
        }

        bool allDone = Array.TrueForAll(appends, append => append.IsCompletedSuccessfully);
        return allDone ? new ValueTask<ProduceResponse?>(Answer(request, appends, context)) : Await(request, appends, context);
    }

    private static int PartitionsOf(ProduceRequest request)
    {
        int partitions = 0;
        foreach (ProduceRequest.TopicProduceData topic in request.TopicData)
        {
            partitions += topic.PartitionData.Length;
        }

        return partitions;
    }

    private async ValueTask<ProduceResponse?> AnswerAfter(
        Task dispatching, ProduceRequest request, ValueTask<AppendOutcome>[] appends, RequestContext context)
    {
        await dispatching;
        return await Await(request, appends, context);
    }

    /// <summary>
    /// Appends to one partition after the other. Each append holds a permit of its log directory's <see cref="AppendGate"/>: a directory whose disk stalls
    /// delays only the requests that append to it.
    /// </summary>
    private async ValueTask AppendAll(ProduceRequest request, ValueTask<AppendOutcome>[] appends, RequestContext context)
    {
        ClusterImage image = services.Metadata.Current;
        ErrorCode refused = CheckRequest(request, context);
        AppendGate? gate = null;
        int next = 0;
        try
        {
            foreach (ProduceRequest.TopicProduceData topic in request.TopicData)
            {
                ErrorCode topicError = refused == ErrorCode.None ? CheckTopic(topic.Name, context) : refused;
                foreach (ProduceRequest.PartitionProduceData data in topic.PartitionData)
                {
                    (ErrorCode error, Partition? partition) = topicError == ErrorCode.None ? Find(image, topic.Name, data.Index, context) : (topicError, null);
                    if (partition?.Gate is { } needed && needed != gate)
                    {
                        // Release the permit of the last directory first: a request that waits for one directory must not hold a permit of another.
                        gate?.Leave();
                        gate = null;
                        await needed.Enter(context.ConnectionClosed);
                        gate = needed;
                    }

                    appends[next++] = partition is null ? new ValueTask<AppendOutcome>(AppendOutcome.Failed(error)) : Append(partition, request, data, context);
                }
            }
        }
        finally
        {
            gate?.Leave();
        }
    }

    private static ProduceResponse.PartitionProduceResponse ToResponse(int index, in AppendOutcome outcome)
    {
        ProduceResponse.PartitionProduceResponse response = new()
        {
            Index = index,
            ErrorCode = (short)outcome.Error,
            BaseOffset = outcome.BaseOffset,
            LogAppendTimeMs = outcome.LogAppendTimeMs,
            LogStartOffset = outcome.LogStartOffset,
            ErrorMessage = outcome.Message,
        };
        if (outcome.RecordErrors.Count > 0)
        {
            response.RecordErrors = [.. outcome.RecordErrors.Select(e =>
                new ProduceResponse.BatchIndexAndErrorMessage { BatchIndex = e.Index, BatchIndexErrorMessage = e.Message })];
        }

        return response;
    }

    private static bool HasTransactionalBatch(ProduceRequest request)
    {
        foreach (ProduceRequest.TopicProduceData topic in request.TopicData)
        {
            foreach (ProduceRequest.PartitionProduceData partition in topic.PartitionData)
            {
                if (partition.Records is { } records && BatchInfo.TryRead(records.Span, out BatchInfo info) == BatchReadResult.Ok && info.IsTransactional)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private ErrorCode CheckRequest(ProduceRequest request, RequestContext context)
    {
        if (context.ApiVersion < FirstWithBatches)
        {
            return ErrorCode.UnsupportedForMessageFormat;
        }

        if (request.TransactionalId is not null || HasTransactionalBatch(request))
        {
            DataLog.TransactionRefused(services.Logger, request.TransactionalId ?? "", context.ClientId, context.ConnectionId);
            return ErrorCode.TransactionalIdAuthorizationFailed;
        }

        return request.Acks is -1 or 0 or 1 ? ErrorCode.None : ErrorCode.InvalidRequiredAcks;
    }

    private ErrorCode CheckTopic(string topic, RequestContext context) =>
        services.MayTopic(context, AclOperation.Write, topic) ? ErrorCode.None : ErrorCode.TopicAuthorizationFailed;

    private (ErrorCode Error, Partition? Partition) Find(ClusterImage image, string topic, int index, RequestContext context)
    {
        if (image.Partition(topic, index) is null)
        {
            return (ErrorCode.UnknownTopicOrPartition, null);
        }

        if (ClusterImage.IsInternal(topic) && context.ClientId != AdminClientId)
        {
            return (ErrorCode.InvalidTopicException, null);
        }

        return services.Partitions.Find(topic, index) is { } partition ? (ErrorCode.None, partition) : (ErrorCode.NotLeaderOrFollower, null);
    }

    private static ValueTask<AppendOutcome> Append(Partition partition, ProduceRequest request, ProduceRequest.PartitionProduceData data,
        RequestContext context)
    {
        TimeSpan timeout = TimeSpan.FromMilliseconds(Math.Max(request.TimeoutMs, 0));
        return partition.ProduceAsync(data.Records ?? default, request.Acks, timeout, context.ApiVersion >= FirstWithZstd);
    }

    private async ValueTask<ProduceResponse?> Await(ProduceRequest request, ValueTask<AppendOutcome>[] appends, RequestContext context)
    {
        for (int i = 0; i < appends.Length; i++)
        {
            appends[i] = new ValueTask<AppendOutcome>(await appends[i]);
        }

        return Answer(request, appends, context);
    }

    /// <param name="request">The request.</param>
    /// <param name="appends">The completed append of each of its partitions; each is read once.</param>
    /// <param name="context">The request's context.</param>
    private ProduceResponse? Answer(ProduceRequest request, ValueTask<AppendOutcome>[] appends, RequestContext context)
    {
        if (request.Acks == 0)
        {
            CloseOnFailure(request, appends, context);
            return null;
        }

        LeaderHints leaders = default;
        ProduceResponse response = new()
        {
            Responses = new ProduceResponse.TopicProduceResponse[request.TopicData.Length],
            ThrottleTimeMs = context.ThrottleTimeMs,
        };
        int next = 0;
        for (int t = 0; t < response.Responses.Length; t++)
        {
            ProduceRequest.TopicProduceData topic = request.TopicData[t];
            ProduceResponse.PartitionProduceResponse[] partitions = new ProduceResponse.PartitionProduceResponse[topic.PartitionData.Length];
            for (int p = 0; p < partitions.Length; p++)
            {
                AppendOutcome outcome = appends[next++].Completed();
                partitions[p] = ToResponse(topic.PartitionData[p].Index, outcome);
                if (outcome.Error == ErrorCode.NotLeaderOrFollower && context.ApiVersion >= FirstWithLeaders)
                {
                    AddLeader(ref leaders, topic.Name, partitions[p], context);
                }
            }

            response.Responses[t] = new() { Name = topic.Name, PartitionResponses = partitions };
        }

        response.NodeEndpoints = [.. leaders.Nodes.Select(n =>
            new ProduceResponse.NodeEndpoint { NodeId = n.Id, Host = n.Endpoint.Host, Port = n.Endpoint.Port, Rack = n.Rack })];
        return response;
    }

    private void AddLeader(ref LeaderHints leaders, string topic, ProduceResponse.PartitionProduceResponse partition, RequestContext context)
    {
        (int leader, int epoch) = leaders.Add(
            services.Metadata.Current, services.Partitions.Find(topic, partition.Index), topic, partition.Index, context.ListenerName);
        partition.CurrentLeader = new() { LeaderId = leader, LeaderEpoch = epoch };
    }

    /// <summary>With acks=0 there is no response: the broker can report an error only by closing the connection.</summary>
    private static void CloseOnFailure(ProduceRequest request, ValueTask<AppendOutcome>[] appends, RequestContext context)
    {
        int next = 0;
        foreach (ProduceRequest.TopicProduceData topic in request.TopicData)
        {
            foreach (ProduceRequest.PartitionProduceData partition in topic.PartitionData)
            {
                ErrorCode error = appends[next++].Completed().Error;
                if (error != ErrorCode.None)
                {
                    context.CloseConnection($"a produce request with acks=0 failed for {topic.Name}-{partition.Index} with {error}");
                    return;
                }
            }
        }
    }
}
