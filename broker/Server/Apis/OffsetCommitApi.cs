using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Storage;

namespace Broker.Server.Apis;

// OffsetCommit, versions 0 to 9.
// 0: offsets of Kafka 0.8's consumers, which the broker stores in znodes without their metadata. 1: stored in __consumer_offsets; generation and member,
// and a commit timestamp for each partition. 2: a retention time instead of the timestamps. 3: throttle time. 4: as 3. 5: no retention time: the broker's
// setting holds. 6: leader epochs. 7: static members. 8: flexible. 9: as 8; the generation may be a member epoch in groups of the new protocol, which this
// broker does not have. The broker answers when the commit is in the log with the acknowledgements that offsets.commit.required.acks requires; OffsetFetch
// returns the offset from then on. Does not depart from Kafka.

/// <summary>Stores the offsets that a group commits.</summary>
internal sealed class OffsetCommitApi(GroupApiServices services) : Api<OffsetCommitRequest, OffsetCommitResponse>
{
    private const long RetentionOfBroker = -1;
    private const long TimestampOfBroker = -1;

    protected override async ValueTask<OffsetCommitResponse?> Handle(OffsetCommitRequest request, RequestContext context)
    {
        bool mayGroup = services.MayGroup(context, AclOperation.Read, request.GroupId);
        ClusterImage image = services.Metadata.Current;
        Dictionary<TopicPartition, ErrorCode> errors = [];
        OrderedDictionary<TopicPartition, CommittedOffset> byPartition = [];
        foreach (OffsetCommitRequest.OffsetCommitRequestTopic topic in request.Topics)
        {
            foreach (OffsetCommitRequest.OffsetCommitRequestPartition partition in topic.Partitions)
            {
                TopicPartition name = new(topic.Name, partition.PartitionIndex);
                ErrorCode error = mayGroup ? services.CheckPartition(context, AclOperation.Read, image, topic.Name, partition.PartitionIndex)
                    : ErrorCode.GroupAuthorizationFailed;
                errors[name] = error;
                if (error == ErrorCode.None)
                {
                    byPartition[name] = ToOffset(request, partition); // Where the request names a partition twice, its last offset holds, as in Kafka.
                }
            }
        }

        List<OffsetToCommit> accepted = [.. byPartition.Select(entry => new OffsetToCommit(entry.Key, entry.Value))];
        if (context.ApiVersion == 0)
        {
            await CommitOld(request.GroupId, accepted, errors);
        }
        else if (accepted.Count > 0)
        {
            await Commit(request, accepted, errors);
        }
        return ToResponse(errors, context);
    }

    private static OffsetCommitResponse ToResponse(Dictionary<TopicPartition, ErrorCode> errors, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        Topics = [.. errors.GroupBy(entry => entry.Key.Topic, StringComparer.Ordinal).Select(topic => new OffsetCommitResponse.OffsetCommitResponseTopic
        {
            Name = topic.Key,
            Partitions = [.. topic.Select(entry => new OffsetCommitResponse.OffsetCommitResponsePartition
            {
                PartitionIndex = entry.Key.Partition, ErrorCode = (short)entry.Value,
            })],
        })],
    };

    private CommittedOffset ToOffset(OffsetCommitRequest request, OffsetCommitRequest.OffsetCommitRequestPartition partition)
    {
        long now = services.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        return new CommittedOffset(
            partition.CommittedOffset,
            partition.CommittedLeaderEpoch,
            partition.CommittedMetadata ?? "",
            partition.CommitTimestamp == TimestampOfBroker ? now : partition.CommitTimestamp,
            request.RetentionTimeMs == RetentionOfBroker ? null : now + request.RetentionTimeMs);
    }

    private async ValueTask Commit(OffsetCommitRequest request, List<OffsetToCommit> accepted, Dictionary<TopicPartition, ErrorCode> errors)
    {
        CommitRequest commit = new(request.GenerationIdOrMemberEpoch, request.MemberId, request.GroupInstanceId, accepted);
        IReadOnlyList<ErrorCode> results = await services.Coordinator.Submit(request.GroupId, commit);
        for (int i = 0; i < accepted.Count; i++)
        {
            errors[accepted[i].Partition] = results[i];
        }
    }

    private async ValueTask CommitOld(string groupId, List<OffsetToCommit> accepted, Dictionary<TopicPartition, ErrorCode> errors)
    {
        foreach (OffsetToCommit offset in accepted)
        {
            errors[offset.Partition] = offset.Offset.Metadata.Length > services.Coordinator.Limits.MaxOffsetMetadata
                ? ErrorCode.OffsetMetadataTooLarge
                : await services.OldOffsets.Commit(groupId, offset.Partition, offset.Offset.Offset);
        }
    }
}
