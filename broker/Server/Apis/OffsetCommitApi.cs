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
// 0: Kafka 0.8's, kept in znodes without a note. 1: in the group's own log, with generation and member, and a commit time for each partition. 2: a retention
// instead.
// 3: throttle time. 4: as 3. 5: the retention is the broker's. 6: leader epochs. 7: static members. 8: flexible. 9: as 8, the generation may be a member's
// epoch in groups of the new protocol, which there are none of here. A commit is answered when it is in the log as offsets.commit.required.acks asks, and can
// be read from then on. Does not depart from Kafka.

/// <summary>Keeps how far a group has read.</summary>
internal sealed class OffsetCommitApi(GroupApiServices services) : Api<OffsetCommitRequest, OffsetCommitResponse>
{
    private const long BrokersRetention = -1;
    private const long Now = -1;

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
                    byPartition[name] = ToOffset(request, partition); // Of a partition that is named twice the last offset holds, as in Kafka.
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
            partition.CommitTimestamp == Now ? now : partition.CommitTimestamp,
            request.RetentionTimeMs == BrokersRetention ? null : now + request.RetentionTimeMs);
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
