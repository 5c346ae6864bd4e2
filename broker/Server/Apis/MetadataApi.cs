using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Scheduling;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// Metadata, versions 0 to 12.
// 0: an empty list asks for all topics; the replica lists leave out brokers that are not alive, and the partition then has REPLICA_NOT_AVAILABLE. 1: null asks
// for all topics; racks, the controller, is_internal. 2: cluster id. 3: throttle time. 4: the broker creates topics only if the client allows it. 5: offline
// replicas. 6: LISTENER_NOT_FOUND. 7: leader epochs. 8: authorized operations. 9: flexible. 10: topic ids in the response. 11: no more authorized operations of
// the cluster. 12: topics by id.
// Departs from Kafka in two ways. A broker that has just started knows no brokers until the controller sends them. Kafka's then answers with an empty list,
// and a client of librdkafka that reads it forgets every broker and never connects again. Here the request waits for the controller, and after ten seconds the
// connection is closed. A topic that another request is creating gets LEADER_NOT_AVAILABLE, not UNKNOWN_TOPIC_OR_PARTITION; clients retry both.

/// <summary>Lists brokers, topics and leaders as the controller last sent them, and creates missing topics on request.</summary>
internal sealed class MetadataApi(MetadataCache metadata, AutomaticCreation creation, DynamicBrokerConfigs configs, IAuthorizer authorizer)
    : Api<MetadataRequest, MetadataResponse>
{
    /// <summary>How long a request waits for a controller's first word: shorter than clients wait for a response.</summary>
    private static readonly TimeSpan FirstWordLimit = TimeSpan.FromSeconds(10);

    private const short FirstWithNullForAll = 1;
    private const short FirstWithListenerError = 6;
    private const short FirstWithoutClusterOperations = 11;
    private const short FirstWithTopicIds = 12;

    protected override async ValueTask<MetadataResponse?> Handle(MetadataRequest request, RequestContext context)
    {
        if (CheckForm(request, context) is { } refused)
        {
            return refused;
        }
        if (metadata.Current.Brokers.IsEmpty && !await metadata.WaitFor(static image => !image.Brokers.IsEmpty, FirstWordLimit))
        {
            context.CloseConnection("no controller has told this broker yet who is in the cluster");
            return null;
        }
        ClusterImage image = metadata.Current;
        bool isAll = request.Topics is null || (context.ApiVersion < FirstWithNullForAll && request.Topics.Length == 0);
        MetadataResponse.MetadataResponseTopic[] topics = isAll ? AllTopics(image, request, context) : await NamedTopics(image, request, context);
        return new MetadataResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            Brokers = [.. image.Brokers.Values.Select(broker => ToBroker(broker, context.ListenerName)).OfType<MetadataResponse.MetadataResponseBroker>()],
            ClusterId = image.ClusterId,
            ControllerId = image.ControllerId,
            Topics = topics,
            ClusterAuthorizedOperations = ClusterOperations(request, context),
        };
    }

    /// <summary>
    /// The response to a request whose topics are malformed; null where they are well-formed. Below version 12 a topic has a name and no id, from version 12 on
    /// a name or an id. As in Kafka, one malformed topic fails the whole request.
    /// </summary>
    private static MetadataResponse? CheckForm(MetadataRequest request, RequestContext context)
    {
        bool mayHaveId = context.ApiVersion >= FirstWithTopicIds;
        bool IsWellFormed(MetadataRequest.MetadataRequestTopic topic)
            => mayHaveId ? topic.Name is not null || topic.TopicId != Guid.Empty : topic.Name is not null && topic.TopicId == Guid.Empty;
        if (request.Topics is null || Array.TrueForAll(request.Topics, IsWellFormed))
        {
            return null;
        }

        ErrorCode error = mayHaveId ? ErrorCode.UnknownServerError : ErrorCode.InvalidRequest;
        return new MetadataResponse
        {
            ThrottleTimeMs = context.ThrottleTimeMs,
            Topics = [.. request.Topics.Select(topic => new MetadataResponse.MetadataResponseTopic
            {
                ErrorCode = (short)error,
                Name = topic.Name ?? "",
                TopicId = topic.TopicId,
            })],
        };
    }

    private static MetadataResponse.MetadataResponseBroker? ToBroker(BrokerImage broker, string listener) =>
        broker.On(listener) is not { } endpoint ? null : new MetadataResponse.MetadataResponseBroker
        {
            NodeId = broker.Id,
            Host = endpoint.Host,
            Port = endpoint.Port,
            Rack = broker.Rack,
        };

    private int ClusterOperations(MetadataRequest request, RequestContext context)
    {
        if (!request.IncludeClusterAuthorizedOperations || context.ApiVersion >= FirstWithoutClusterOperations)
        {
            return AuthorizedOperations.NotAsked;
        }
        return authorizer.Allows(context, AclOperation.Describe, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            ? AuthorizedOperations.Of(authorizer, context, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            : 0;
    }

    /// <summary>All topics that the client may describe; the others are left out without an error.</summary>
    private MetadataResponse.MetadataResponseTopic[] AllTopics(ClusterImage image, MetadataRequest request, RequestContext context) =>
        [.. image.Topics.Values.Where(topic => MayDescribe(context, topic.Name)).Select(topic => ToTopic(image, topic, request, context))];

    private async Task<MetadataResponse.MetadataResponseTopic[]> NamedTopics(ClusterImage image, MetadataRequest request, RequestContext context)
    {
        List<Guid> ids = request.Topics!.Where(topic => topic.TopicId != Guid.Empty).Select(topic => topic.TopicId).Distinct().ToList();
        if (ids.Count > 0)
        {
            return [.. ids.Select(id => TopicById(image, id, request, context))];
        }
        List<MetadataResponse.MetadataResponseTopic> topics = new();
        List<string> missing = new();
        foreach (string name in request.Topics!.Select(topic => topic.Name ?? "").Distinct(StringComparer.Ordinal))
        {
            if (!MayDescribe(context, name))
            {
                topics.Add(Failed(ErrorCode.TopicAuthorizationFailed, name));
            }
            else if (image.Topic(name) is { } topic)
            {
                topics.Add(ToTopic(image, topic, request, context));
            }
            else
            {
                missing.Add(name);
            }
        }

        topics.AddRange(await missing.Select(name => Missing(name, request, context)).AllHere());
        return [.. topics];
    }

    private MetadataResponse.MetadataResponseTopic TopicById(ClusterImage image, Guid id, MetadataRequest request, RequestContext context)
    {
        if (image.Topic(id) is not { } topic)
        {
            return new MetadataResponse.MetadataResponseTopic { ErrorCode = (short)ErrorCode.UnknownTopicId, Name = null, TopicId = id };
        }
        return MayDescribe(context, topic.Name)
            ? ToTopic(image, topic, request, context)
            : new MetadataResponse.MetadataResponseTopic { ErrorCode = (short)ErrorCode.TopicAuthorizationFailed, Name = null, TopicId = id };
    }

    private bool MayDescribe(RequestContext context, string topic) => authorizer.Allows(context, AclOperation.Describe, ResourceType.Topic, topic);

    private static MetadataResponse.MetadataResponseTopic Failed(ErrorCode error, string name) =>
        new() { ErrorCode = (short)error, Name = name, IsInternal = ClusterImage.IsInternal(name) };

    private async Task<MetadataResponse.MetadataResponseTopic> Missing(string name, MetadataRequest request, RequestContext context)
    {
        MetadataResponse.MetadataResponseTopic topic = Failed(await ErrorOfMissing(name, request.AllowAutoTopicCreation, context), name);
        topic.TopicAuthorizedOperations = TopicOperations(name, request, context);
        return topic;
    }

    private async Task<ErrorCode> ErrorOfMissing(string name, bool isCreationAllowed, RequestContext context)
    {
        if (!isCreationAllowed || !configs.Effective.AutoCreateTopics)
        {
            return TopicNames.Problem(name) is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.InvalidTopicException;
        }
        bool mayCreate = authorizer.Allows(context, AclOperation.Create, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            || authorizer.Allows(context, AclOperation.Create, ResourceType.Topic, name);
        if (!mayCreate)
        {
            return ErrorCode.TopicAuthorizationFailed;
        }
        if (TopicNames.Problem(name) is not null)
        {
            return ErrorCode.InvalidTopicException;
        }
        // The new topic has no leader yet: the client repeats its request until it has.
        ErrorCode error = await creation.Create(name);
        return error == ErrorCode.None ? ErrorCode.LeaderNotAvailable : error;
    }

    private int TopicOperations(string name, MetadataRequest request, RequestContext context) => request.IncludeTopicAuthorizedOperations
        ? AuthorizedOperations.Of(authorizer, context, ResourceType.Topic, name)
        : AuthorizedOperations.NotAsked;

    private MetadataResponse.MetadataResponseTopic ToTopic(ClusterImage image, TopicImage topic, MetadataRequest request, RequestContext context) => new()
    {
        Name = topic.Name,
        TopicId = topic.Id,
        IsInternal = ClusterImage.IsInternal(topic.Name),
        Partitions = [.. topic.Partitions.Values.Select(partition => ToPartition(image, partition, context))],
        TopicAuthorizedOperations = TopicOperations(topic.Name, request, context),
    };

    private static MetadataResponse.MetadataResponsePartition ToPartition(ClusterImage image, PartitionImage partition, RequestContext context)
    {
        bool hidesDead = context.ApiVersion < FirstWithNullForAll;
        bool IsReachable(int broker) => image.Brokers.GetValueOrDefault(broker)?.On(context.ListenerName) is not null;
        int[] replicas = hidesDead ? Array.FindAll(partition.Replicas, IsReachable) : partition.Replicas;
        int[] isr = hidesDead ? Array.FindAll(partition.Isr, IsReachable) : partition.Isr;
        bool hasLeader = IsReachable(partition.Leader);
        ErrorCode error = !hasLeader
            ? image.Brokers.ContainsKey(partition.Leader) && context.ApiVersion >= FirstWithListenerError ? ErrorCode.ListenerNotFound
            : ErrorCode.LeaderNotAvailable
            : replicas.Length < partition.Replicas.Length || isr.Length < partition.Isr.Length ? ErrorCode.ReplicaNotAvailable
            : ErrorCode.None;
        return new MetadataResponse.MetadataResponsePartition
        {
            ErrorCode = (short)error,
            PartitionIndex = partition.Partition,
            LeaderId = hasLeader ? partition.Leader : -1,
            LeaderEpoch = partition.LeaderEpoch,
            ReplicaNodes = replicas,
            IsrNodes = isr,
            OfflineReplicas = Array.FindAll(partition.Replicas, broker => partition.OfflineReplicas.Contains(broker) || !IsReachable(broker)),
        };
    }
}
