using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Groups.Offsets;
using Broker.Server.Groups.Shards;
using Broker.Server.Groups.State;
using Broker.Server.Metadata;
using Broker.Server.Metadata.Znodes;
using Broker.Server.Requests;
using Broker.Server.Security;
using Microsoft.Extensions.Logging;

namespace Broker.Server.Apis;

// FindCoordinator, versions 0 to 6.
// 0: one group. 1: one key with its type, an error message, throttle time. 2: as 1. 3: flexible. 4: many keys. 5: as 4. 6: share groups as a key type; neither
// Kafka 3.9 with ZooKeeper nor this broker has a coordinator for them (COORDINATOR_NOT_AVAILABLE). Before version 6 that key type gets INVALID_REQUEST, as
// every unknown key type does in all versions. The first request creates the topic __consumer_offsets.
//
// Departs from Kafka: a transactional id gets TRANSACTIONAL_ID_AUTHORIZATION_FAILED and a message, because the broker does not serve transactions. Clients
// retry COORDINATOR_NOT_AVAILABLE for ever, but not this error. A request that creates __consumer_offsets waits up to one second for the leader of the group's
// partition, where Kafka answers COORDINATOR_NOT_AVAILABLE at once.

/// <summary>Answers which broker is the coordinator of a group.</summary>
internal sealed class FindCoordinatorApi(GroupApiServices services, AutomaticCreation topics, ILogger logger)
    : Api<FindCoordinatorRequest, FindCoordinatorResponse>
{
    private const short FirstWithManyKeys = 4;
    private const sbyte GroupKey = 0;
    private const sbyte TransactionKey = 1;
    private const sbyte ShareKey = 2;
    private const short FirstWithShareGroups = 6;
    private const string NoError = "NONE";
    private const string NoTransactions = "Transactions are not served by this broker.";

    protected override async ValueTask<FindCoordinatorResponse?> Handle(FindCoordinatorRequest request, RequestContext context)
    {
        if (context.ApiVersion < FirstWithManyKeys)
        {
            return ToSingle(await Find(request.Key, request.KeyType, context), context);
        }
        List<FindCoordinatorResponse.Coordinator> found = new();
        foreach (string key in request.CoordinatorKeys)
        {
            found.Add(ToMany(key, await Find(key, request.KeyType, context)));
        }
        return new FindCoordinatorResponse { ThrottleTimeMs = context.ThrottleTimeMs, Coordinators = [.. found] };
    }

    private static FindCoordinatorResponse ToSingle(in FoundCoordinator found, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        ErrorCode = (short)found.Error,
        ErrorMessage = found.Error == ErrorCode.None ? NoError : found.Message,
        NodeId = found.NodeId,
        Host = found.Host,
        Port = found.Port,
    };

    private static FindCoordinatorResponse.Coordinator ToMany(string key, in FoundCoordinator found) => new()
    {
        Key = key,
        ErrorCode = (short)found.Error,
        ErrorMessage = found.Message,
        NodeId = found.NodeId,
        Host = found.Host,
        Port = found.Port,
    };

    private async ValueTask<FoundCoordinator> Find(string key, sbyte keyType, RequestContext context) => keyType switch
    {
        GroupKey => await FindGroup(key, context),
        TransactionKey => RefuseTransaction(key, context),
        ShareKey when context.ApiVersion >= FirstWithShareGroups => FoundCoordinator.None(ErrorCode.CoordinatorNotAvailable, ""),
        ShareKey when context.ApiVersion >= FirstWithManyKeys => FoundCoordinator.None(ErrorCode.InvalidRequest, ""),
        _ => FoundCoordinator.None(ErrorCode.InvalidRequest, ErrorMessages.InvalidRequest),
    };

    private FoundCoordinator RefuseTransaction(string transactionalId, RequestContext context)
    {
        GroupLog.TransactionRefused(logger, transactionalId, context.ClientId);
        return FoundCoordinator.None(ErrorCode.TransactionalIdAuthorizationFailed, NoTransactions);
    }

    private async ValueTask<FoundCoordinator> FindGroup(string groupId, RequestContext context)
    {
        if (!services.MayGroup(context, AclOperation.Describe, groupId))
        {
            return FoundCoordinator.None(ErrorCode.GroupAuthorizationFailed, ErrorMessages.GroupAuthorizationFailed);
        }
        if (services.Metadata.Current.Topic(ClusterImage.ConsumerOffsets) is null && !await CreateTopic(groupId))
        {
            return FoundCoordinator.None(ErrorCode.CoordinatorNotAvailable, ErrorMessages.CoordinatorNotAvailable);
        }
        ClusterImage image = services.Metadata.Current;
        return Leader(image, groupId) is { } leader && image.Brokers.GetValueOrDefault(leader)?.On(context.ListenerName) is { } endpoint
            ? FoundCoordinator.At(leader, endpoint)
            : FoundCoordinator.None(ErrorCode.CoordinatorNotAvailable, ErrorMessages.CoordinatorNotAvailable);
    }

    private async ValueTask<bool> CreateTopic(string groupId) =>
        await topics.EnsureInternalTopic(ClusterImage.ConsumerOffsets) == ErrorCode.None
        && await services.Metadata.WaitFor(image => Leader(image, groupId) is not null, GroupLimits.TopicCreationPatience);

    /// <summary>The broker that leads the group's partition of __consumer_offsets; null where there is none.</summary>
    private static int? Leader(ClusterImage image, string groupId) =>
        image.Topic(ClusterImage.ConsumerOffsets) is { } topic
        && topic.Find(OffsetsTopic.PartitionOf(groupId, topic.Partitions.Count)) is { Leader: >= 0 } partition
            ? partition.Leader
            : null;

    /// <summary>A coordinator's endpoint, or the error why there is none.</summary>
    private readonly record struct FoundCoordinator(ErrorCode Error, string Message, int NodeId, string Host, int Port)
    {
        public static FoundCoordinator At(int nodeId, BrokerEndpoint endpoint) => new(ErrorCode.None, "", nodeId, endpoint.Host, endpoint.Port);

        public static FoundCoordinator None(ErrorCode error, string message) => new(error, message, -1, "", -1);
    }
}
