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
// 0: one group. 1: one key of a type, an error message, throttle time. 2: as 1. 3: flexible. 4: many keys. 5: as 4. 6: share groups as a type of key, of
// which Kafka 3.9 with ZooKeeper has no coordinator (COORDINATOR_NOT_AVAILABLE); nor has this broker. Below, that type is INVALID_REQUEST, as one that nobody
// knows is in all. The topic of committed offsets is made on the first question.
//
// Departs from Kafka: transactional ids are answered with TRANSACTIONAL_ID_AUTHORIZATION_FAILED and a message, as there are no transactions: it is the one
// answer that clients take for final (COORDINATOR_NOT_AVAILABLE they repeat for ever). A topic just made is waited for, at most a second, instead of sending
// the client away with COORDINATOR_NOT_AVAILABLE at once.

/// <summary>Answers which broker coordinates a group.</summary>
internal sealed class FindCoordinatorApi(GroupApiServices services, TopicCreation topics, ILogger logger) : Api<FindCoordinatorRequest, FindCoordinatorResponse>
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

    private static FindCoordinatorResponse ToSingle(in Place place, RequestContext context) => new()
    {
        ThrottleTimeMs = context.ThrottleTimeMs,
        ErrorCode = (short)place.Error,
        ErrorMessage = place.Error == ErrorCode.None ? NoError : place.Message,
        NodeId = place.NodeId,
        Host = place.Host,
        Port = place.Port,
    };

    private static FindCoordinatorResponse.Coordinator ToMany(string key, in Place place) => new()
    {
        Key = key,
        ErrorCode = (short)place.Error,
        ErrorMessage = place.Message,
        NodeId = place.NodeId,
        Host = place.Host,
        Port = place.Port,
    };

    private async ValueTask<Place> Find(string key, sbyte keyType, RequestContext context) => keyType switch
    {
        GroupKey => await FindGroup(key, context),
        TransactionKey => RefuseTransaction(key, context),
        ShareKey when context.ApiVersion >= FirstWithShareGroups => Place.Nowhere(ErrorCode.CoordinatorNotAvailable, ""),
        ShareKey when context.ApiVersion >= FirstWithManyKeys => Place.Nowhere(ErrorCode.InvalidRequest, ""),
        _ => Place.Nowhere(ErrorCode.InvalidRequest, ErrorMessages.InvalidRequest),
    };

    private Place RefuseTransaction(string transactionalId, RequestContext context)
    {
        GroupLog.TransactionRefused(logger, transactionalId, context.ClientId);
        return Place.Nowhere(ErrorCode.TransactionalIdAuthorizationFailed, NoTransactions);
    }

    private async ValueTask<Place> FindGroup(string groupId, RequestContext context)
    {
        if (!services.MayGroup(context, AclOperation.Describe, groupId))
        {
            return Place.Nowhere(ErrorCode.GroupAuthorizationFailed, ErrorMessages.GroupAuthorizationFailed);
        }
        if (services.Metadata.Current.Topic(ClusterImage.ConsumerOffsets) is null && !await MakeTopic(groupId))
        {
            return Place.Nowhere(ErrorCode.CoordinatorNotAvailable, ErrorMessages.CoordinatorNotAvailable);
        }
        ClusterImage image = services.Metadata.Current;
        return Leader(image, groupId) is { } leader && image.Brokers.GetValueOrDefault(leader)?.On(context.ListenerName) is { } endpoint
            ? Place.At(leader, endpoint)
            : Place.Nowhere(ErrorCode.CoordinatorNotAvailable, ErrorMessages.CoordinatorNotAvailable);
    }

    private async ValueTask<bool> MakeTopic(string groupId) =>
        await topics.EnsureInternalTopic(ClusterImage.ConsumerOffsets) == ErrorCode.None
        && await services.Metadata.WaitFor(image => Leader(image, groupId) is not null, GroupLimits.TopicCreationPatience);

    /// <summary>The broker that leads the group's partition; null where none does.</summary>
    private static int? Leader(ClusterImage image, string groupId) =>
        image.Topic(ClusterImage.ConsumerOffsets) is { } topic
        && topic.Find(OffsetsTopic.PartitionOf(groupId, topic.Partitions.Count)) is { Leader: >= 0 } partition
            ? partition.Leader
            : null;

    /// <summary>A coordinator's place, or why there is none.</summary>
    private readonly record struct Place(ErrorCode Error, string Message, int NodeId, string Host, int Port)
    {
        public static Place At(int nodeId, BrokerEndpoint endpoint) => new(ErrorCode.None, "", nodeId, endpoint.Host, endpoint.Port);

        public static Place Nowhere(ErrorCode error, string message) => new(error, message, -1, "", -1);
    }
}
