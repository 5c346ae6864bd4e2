using Broker.Protocol;
using Broker.Server.Groups;
using Broker.Server.Groups.Offsets;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

/// <summary>What the handlers of groups share.</summary>
/// <param name="Coordinator">The groups.</param>
/// <param name="Metadata">What this broker knows of the cluster.</param>
/// <param name="Authorizer">Asked for every group and topic.</param>
/// <param name="OldOffsets">Offsets of Kafka 0.8's consumers.</param>
/// <param name="Clock">Wall time for commits.</param>
internal sealed record GroupApiServices(GroupCoordinator Coordinator, MetadataCache Metadata, IAuthorizer Authorizer, OldOffsets OldOffsets, TimeProvider Clock)
{
    public bool MayGroup(RequestContext context, AclOperation operation, string groupId) =>
        Authorizer.Allows(context, operation, ResourceType.Group, groupId);

    public bool MayTopic(RequestContext context, AclOperation operation, string topic) =>
        Authorizer.Allows(context, operation, ResourceType.Topic, topic);

    /// <summary>What keeps a partition's offset from being touched: a missing right, or that there is no such partition.</summary>
    public ErrorCode CheckPartition(RequestContext context, AclOperation operation, ClusterImage image, string topic, int partition) =>
        !MayTopic(context, operation, topic) ? ErrorCode.TopicAuthorizationFailed
        : image.Partition(topic, partition) is null ? ErrorCode.UnknownTopicOrPartition
        : ErrorCode.None;
}
