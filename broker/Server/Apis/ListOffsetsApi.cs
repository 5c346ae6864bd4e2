using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Apis.Fetching;
using Broker.Server.Metadata;
using Broker.Server.Partitions;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// ListOffsets, versions 0 to 9.
// 0: a list of offsets. 1: one offset with its timestamp. 2: isolation level, throttle time. 3: as 2. 4: leader epochs. 5: OFFSET_NOT_AVAILABLE from a new
// leader whose high watermark is still too low (before: LEADER_NOT_AVAILABLE). 6: flexible. 7: timestamp -3, the record with the largest timestamp. 8: -4, the
// earliest local offset. 9: -5, the latest tiered offset (always -1: there is no tiered storage).
//
// Departs from Kafka: version 0 returns at most one offset. For a timestamp that is the offset of the first record at or after it, or the log's end; Kafka
// returns the base offsets of segments, chosen by the files' modification times.

/// <summary>Finds a log's first and last offsets, and offsets by timestamp.</summary>
internal sealed class ListOffsetsApi(DataServices services) : Api<ListOffsetsRequest, ListOffsetsResponse>
{
    private const int DebuggingReplica = -2;
    private const short FirstWithLeaderEpoch = 4;
    private const short FirstWithNotAvailable = 5;

    protected override ValueTask<ListOffsetsResponse?> Handle(ListOffsetsRequest request, RequestContext context)
    {
        // A search by timestamp reads segments and may block on a disk; a log's first and last offsets are in memory.
        bool searches = request.Topics.Any(t => t.Partitions.Any(p => p.Timestamp is >= 0 or PartitionReads.MaxTimestamp));
        return searches ? new ValueTask<ListOffsetsResponse?>(ThreadsOf(request).Run<ListOffsetsResponse?>(() => Answer(request, context)))
            : new ValueTask<ListOffsetsResponse?>(Answer(request, context));
    }

    private static ErrorCode CheckTimestamp(long timestamp, short version) => timestamp switch
    {
        >= PartitionReads.Earliest => ErrorCode.None,
        PartitionReads.MaxTimestamp when version >= 7 => ErrorCode.None,
        PartitionReads.EarliestLocal when version >= 8 => ErrorCode.None,
        PartitionReads.LatestTiered when version >= 9 => ErrorCode.None,
        _ => ErrorCode.UnsupportedVersion,
    };

    private static FetchReader? ReaderOf(ListOffsetsRequest request) => request.ReplicaId switch
    {
        >= 0 => FetchReader.Replica,
        DebuggingReplica => null,
        _ => request.IsolationLevel == 0 ? FetchReader.Uncommitted : FetchReader.Committed,
    };

    private static HashSet<(string Topic, int Partition)> Repeated(ListOffsetsRequest request)
    {
        HashSet<(string Topic, int Partition)> seen = [];
        return [.. request.Topics.SelectMany(t => t.Partitions.Select(p => (t.Name, p.PartitionIndex))).Where(name => !seen.Add(name))];
    }

    private static ListOffsetsResponse.ListOffsetsPartitionResponse ToResponse(int index, in OffsetAnswer answer, short version)
    {
        ErrorCode error = answer.Error == ErrorCode.OffsetNotAvailable && version < FirstWithNotAvailable ? ErrorCode.LeaderNotAvailable : answer.Error;
        ListOffsetsResponse.ListOffsetsPartitionResponse response = new() { PartitionIndex = index, ErrorCode = (short)error };
        if (error != ErrorCode.None)
        {
            return response;
        }

        if (version == 0)
        {
            response.OldStyleOffsets = answer.Offset < 0 ? [] : [answer.Offset];
            return response;
        }

        response.Offset = answer.Offset;
        response.Timestamp = answer.TimestampMs;
        response.LeaderEpoch = version >= FirstWithLeaderEpoch ? answer.LeaderEpoch : -1;
        return response;
    }

    private IBlockingWork ThreadsOf(ListOffsetsRequest request) =>
        services.Cold.Of(request.Topics.SelectMany(t => t.Partitions.Select(p => services.Partitions.Find(t.Name, p.PartitionIndex))));

    private ListOffsetsResponse Answer(ListOffsetsRequest request, RequestContext context)
    {
        ClusterImage image = services.Metadata.Current;
        HashSet<(string Topic, int Partition)> repeated = Repeated(request);
        ListOffsetsResponse response = new()
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            Topics = new ListOffsetsResponse.ListOffsetsTopicResponse[request.Topics.Length],
        };
        for (int t = 0; t < request.Topics.Length; t++)
        {
            ListOffsetsRequest.ListOffsetsTopic topic = request.Topics[t];
            bool allowed = services.MayTopic(context, AclOperation.Describe, topic.Name);
            ListOffsetsResponse.ListOffsetsPartitionResponse[] partitions = new ListOffsetsResponse.ListOffsetsPartitionResponse[topic.Partitions.Length];
            for (int p = 0; p < partitions.Length; p++)
            {
                ListOffsetsRequest.ListOffsetsPartition asked = topic.Partitions[p];
                ErrorCode error = !allowed ? ErrorCode.TopicAuthorizationFailed
                    : repeated.Contains((topic.Name, asked.PartitionIndex)) ? ErrorCode.InvalidRequest
                    : CheckTimestamp(asked.Timestamp, context.ApiVersion);
                OffsetAnswer answer = error == ErrorCode.None ? Find(image, request, topic.Name, asked, context) : new OffsetAnswer(error);
                partitions[p] = ToResponse(asked.PartitionIndex, answer, context.ApiVersion);
            }

            response.Topics[t] = new() { Name = topic.Name, Partitions = partitions };
        }

        return response;
    }

    private OffsetAnswer Find(
        ClusterImage image, ListOffsetsRequest request, string topic, ListOffsetsRequest.ListOffsetsPartition asked, RequestContext context)
    {
        if (image.Partition(topic, asked.PartitionIndex) is null)
        {
            return new OffsetAnswer(ErrorCode.UnknownTopicOrPartition);
        }

        if (services.Partitions.Find(topic, asked.PartitionIndex) is not { } partition)
        {
            return new OffsetAnswer(ErrorCode.NotLeaderOrFollower);
        }

        FetchReader? reader = ReaderOf(request);
        try
        {
            OffsetAnswer Find(long timestamp) => partition.ListOffset(
                timestamp, reader, asked.CurrentLeaderEpoch, reader is not null, services.Decompression, context.ConnectionClosed);
            OffsetAnswer answer = Find(asked.Timestamp);
            bool endsVersion0Search = context.ApiVersion == 0 && asked.Timestamp >= 0 && answer is { Error: ErrorCode.None, Offset: < 0 };
            return endsVersion0Search ? Find(PartitionReads.Latest) : answer;
        }
        catch (IOException failure)
        {
            FetchLog.ReadFailed(services.Logger, topic, asked.PartitionIndex, failure);
            return new OffsetAnswer(ErrorCode.KafkaStorageError);
        }
    }
}
