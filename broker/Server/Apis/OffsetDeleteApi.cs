using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Requests;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;
using Broker.Storage;

namespace Broker.Server.Apis;

// OffsetDelete, version 0 (KIP-496).
// The broker does not delete offsets of topics that a member of the group subscribes to (GROUP_SUBSCRIBED_TO_TOPIC). From a group that has members and is not
// of type "consumer" it deletes none (NON_EMPTY_GROUP).
// Departs from Kafka: the response waits until the deletion is in the log, and holds an error when it cannot be appended.

/// <summary>Deletes committed offsets of a group.</summary>
internal sealed class OffsetDeleteApi(GroupApiServices services) : Api<OffsetDeleteRequest, OffsetDeleteResponse>
{
    protected override async ValueTask<OffsetDeleteResponse?> Handle(OffsetDeleteRequest request, RequestContext context)
    {
        if (!services.MayGroup(context, AclOperation.Delete, request.GroupId))
        {
            return Failed(ErrorCode.GroupAuthorizationFailed, context);
        }
        ClusterImage image = services.Metadata.Current;
        Dictionary<TopicPartition, ErrorCode> errors = [];
        foreach (TopicPartition partition in request.Topics.SelectMany(topic => topic.Partitions.Select(p => new TopicPartition(topic.Name, p.PartitionIndex))))
        {
            errors[partition] = services.CheckPartition(context, AclOperation.Read, image, partition.Topic, partition.Partition);
        }
        TopicPartition[] accepted = [.. errors.Where(entry => entry.Value == ErrorCode.None).Select(entry => entry.Key)];
        DeleteOffsetsResult result = await services.Coordinator.Submit(request.GroupId, new DeleteOffsetsRequest(accepted));
        if (result.Error != ErrorCode.None)
        {
            return Failed(result.Error, context);
        }
        for (int i = 0; i < accepted.Length; i++)
        {
            errors[accepted[i]] = result.Partitions[i];
        }
        return ToResponse(errors, context);
    }

    private static OffsetDeleteResponse Failed(ErrorCode error, RequestContext context)
        => new() { ThrottleTimeMs = context.ThrottleTimeMs, ErrorCode = (short)error };

    private static OffsetDeleteResponse ToResponse(Dictionary<TopicPartition, ErrorCode> errors, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        Topics = [.. errors.GroupBy(entry => entry.Key.Topic, StringComparer.Ordinal).Select(topic => new OffsetDeleteResponse.OffsetDeleteResponseTopic
        {
            Name = topic.Key,
            Partitions = [.. topic.Select(entry => new OffsetDeleteResponse.OffsetDeleteResponsePartition
            {
                PartitionIndex = entry.Key.Partition, ErrorCode = (short)entry.Value,
            })],
        })],
    };
}
