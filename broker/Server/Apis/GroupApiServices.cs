using Broker.Protocol;
using Broker.Server.Groups;
using Broker.Server.Groups.Offsets;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

/// <summary>What the handlers of the group APIs share.</summary>
/// <param name="Coordinator">Handles the requests to the groups that this broker coordinates.</param>
/// <param name="Metadata">The cluster's metadata as the controller last sent it.</param>
/// <param name="Authorizer">Decides which groups and topics a client may use.</param>
/// <param name="OldOffsets">Reads and writes the offsets of Kafka 0.8's consumers, which are in znodes.</param>
/// <param name="Clock">Wall time: the timestamps of commits.</param>
/// <param name="Random">Gives the ids of new members; thread-safe.</param>
internal sealed record GroupApiServices(
    GroupCoordinator Coordinator, MetadataCache Metadata, IAuthorizer Authorizer, OldOffsets OldOffsets, TimeProvider Clock, Random Random)
{
    public bool MayGroup(RequestContext context, AclOperation operation, string groupId) =>
        Authorizer.Allows(context, operation, ResourceType.Group, groupId);

    public bool MayTopic(RequestContext context, AclOperation operation, string topic) =>
        Authorizer.Allows(context, operation, ResourceType.Topic, topic);

    /// <summary>The error when the client may not use the topic, or when the partition does not exist; else <see cref="ErrorCode.None"/>.</summary>
    public ErrorCode CheckPartition(RequestContext context, AclOperation operation, ClusterImage image, string topic, int partition) =>
        !MayTopic(context, operation, topic) ? ErrorCode.TopicAuthorizationFailed
        : image.Partition(topic, partition) is null ? ErrorCode.UnknownTopicOrPartition
        : ErrorCode.None;
}
