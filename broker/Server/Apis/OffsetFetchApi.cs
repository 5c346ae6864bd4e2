using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Storage;

namespace Broker.Server.Apis;

// OffsetFetch, versions 0 to 9.
// 0: offsets of Kafka 0.8's consumers, from znodes. 1: from __consumer_offsets; each partition repeats an error of the group. 2: null topics ask for all
// committed offsets; an error for the whole response. 3: throttle time. 4: as 3. 5: leader epochs. 6: flexible. 7: require_stable (UNSTABLE_OFFSET_COMMIT for
// an offset whose commit is not finished). 8: many groups. 9: as 8; member and epoch of groups of the new protocol, which this broker does not have.
// A partition without a committed offset gets offset -1 and no error. Does not depart from Kafka.

/// <summary>Answers which offsets a group has committed.</summary>
internal sealed class OffsetFetchApi(GroupApiServices services) : Api<OffsetFetchRequest, OffsetFetchResponse>
{
    private const short FirstWithErrorOfAll = 2;
    private const short FirstWithGroups = 8;
    private const long NoOffset = -1;
    private const int NoEpoch = -1;

    protected override async ValueTask<OffsetFetchResponse?> Handle(OffsetFetchRequest request, RequestContext context)
    {
        if (context.ApiVersion >= FirstWithGroups)
        {
            return await FetchGroups(request, context);
        }
        TopicPartition[]? partitions = request.Topics is null ? null
            : [.. request.Topics.SelectMany(topic => Names(topic.Name, topic.PartitionIndexes)).Distinct()];
        FetchOffsetsResult result = context.ApiVersion == 0
            ? await FetchOld(request.GroupId, partitions ?? [], context)
            : await Fetch(request.GroupId, partitions, request.RequireStable, context);
        if (context.ApiVersion < FirstWithErrorOfAll && result.Error != ErrorCode.None)
        {
            result = new FetchOffsetsResult(result.Error, [.. (partitions ?? []).Select(partition => new FetchedOffset(partition, null, result.Error))]);
        }
        return new OffsetFetchResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            ErrorCode = (short)result.Error,
            Topics = [.. ByTopic(result.Offsets).Select(topic => new OffsetFetchResponse.OffsetFetchResponseTopic
            {
                Name = topic.Key, Partitions = [.. topic.Select(ToPartition)],
            })],
        };
    }

    private static IEnumerable<TopicPartition> Names(string topic, int[] partitions) => partitions.Select(partition => new TopicPartition(topic, partition));

    private static IEnumerable<IGrouping<string, FetchedOffset>> ByTopic(IReadOnlyList<FetchedOffset> offsets) =>
        offsets.GroupBy(offset => offset.Partition.Topic, StringComparer.Ordinal);

    private static OffsetFetchResponse.OffsetFetchResponsePartition ToPartition(FetchedOffset fetched) => new()
    {
        PartitionIndex = fetched.Partition.Partition,
        CommittedOffset = fetched.Offset?.Offset ?? NoOffset,
        CommittedLeaderEpoch = fetched.Offset?.LeaderEpoch ?? NoEpoch,
        Metadata = fetched.Offset?.Metadata ?? "",
        ErrorCode = (short)fetched.Error,
    };

    private static OffsetFetchResponse.OffsetFetchResponsePartitions ToGroupPartition(FetchedOffset fetched) => new()
    {
        PartitionIndex = fetched.Partition.Partition,
        CommittedOffset = fetched.Offset?.Offset ?? NoOffset,
        CommittedLeaderEpoch = fetched.Offset?.LeaderEpoch ?? NoEpoch,
        Metadata = fetched.Offset?.Metadata ?? "",
        ErrorCode = (short)fetched.Error,
    };

    private async ValueTask<OffsetFetchResponse> FetchGroups(OffsetFetchRequest request, RequestContext context)
    {
        OffsetFetchResponse.OffsetFetchResponseGroup[] groups = new OffsetFetchResponse.OffsetFetchResponseGroup[request.Groups.Length];
        for (int i = 0; i < groups.Length; i++)
        {
            OffsetFetchRequest.OffsetFetchRequestGroup group = request.Groups[i];
            TopicPartition[]? partitions = group.Topics is null ? null
                : [.. group.Topics.SelectMany(topic => Names(topic.Name, topic.PartitionIndexes)).Distinct()];
            FetchOffsetsResult result = await Fetch(group.GroupId, partitions, request.RequireStable, context);
            groups[i] = new OffsetFetchResponse.OffsetFetchResponseGroup
            {
                GroupId = group.GroupId,
                ErrorCode = (short)result.Error,
                Topics = [.. ByTopic(result.Offsets).Select(topic => new OffsetFetchResponse.OffsetFetchResponseTopics
                {
                    Name = topic.Key, Partitions = [.. topic.Select(ToGroupPartition)],
                })],
            };
        }

        return new OffsetFetchResponse { ThrottleTimeMs = context.ThrottleTimeMs, Groups = groups };
    }

    private async ValueTask<FetchOffsetsResult> Fetch(string groupId, TopicPartition[]? partitions, bool requireStable, RequestContext context)
    {
        if (!services.MayGroup(context, AclOperation.Describe, groupId))
        {
            return new FetchOffsetsResult(ErrorCode.GroupAuthorizationFailed, []);
        }
        bool MayDescribe(TopicPartition partition) => services.MayTopic(context, AclOperation.Describe, partition.Topic);
        TopicPartition[]? allowed = partitions is null ? null : Array.FindAll(partitions, MayDescribe);
        FetchOffsetsResult result = await services.Coordinator.Submit(groupId, new FetchOffsetsRequest(allowed, requireStable));
        if (result.Error != ErrorCode.None)
        {
            return result;
        }

        // A request for all offsets gets those of topics that the client may describe; a request that names other topics gets an error for each.
        if (partitions is null)
        {
            return result with { Offsets = [.. result.Offsets.Where(offset => MayDescribe(offset.Partition))] };
        }
        IEnumerable<FetchedOffset> refused = partitions
            .Where(partition => !MayDescribe(partition))
            .Select(partition => new FetchedOffset(partition, null, ErrorCode.TopicAuthorizationFailed));
        return result with { Offsets = [.. result.Offsets, .. refused] };
    }

    private async ValueTask<FetchOffsetsResult> FetchOld(string groupId, TopicPartition[] partitions, RequestContext context)
    {
        if (!services.MayGroup(context, AclOperation.Describe, groupId))
        {
            return new FetchOffsetsResult(ErrorCode.GroupAuthorizationFailed, []);
        }
        ClusterImage image = services.Metadata.Current;
        FetchedOffset[] fetched = new FetchedOffset[partitions.Length];
        for (int i = 0; i < fetched.Length; i++)
        {
            ErrorCode error = services.CheckPartition(context, AclOperation.Describe, image, partitions[i].Topic, partitions[i].Partition);
            long offset = NoOffset;
            if (error == ErrorCode.None)
            {
                (error, offset) = await services.OldOffsets.Fetch(groupId, partitions[i]);
            }
            fetched[i] = new FetchedOffset(partitions[i], error == ErrorCode.None ? new CommittedOffset(offset, NoEpoch, "", 0) : null, error);
        }

        return new FetchOffsetsResult(ErrorCode.None, fetched);
    }
}
