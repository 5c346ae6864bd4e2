using Broker.Protocol;
using Broker.Protocol.Messages;
using Broker.Server.Metadata;
using Broker.Server.Requests;
using Broker.Server.Security;

namespace Broker.Server.Apis;

// CreateTopics, versions 0 to 7.
// 0: names, counts or assignments, settings. 1: error messages, validate_only. 2: throttle time. 3: as 2. 4: -1 asks for the broker's default counts.
// 5: flexible; the response holds each topic's partition count, replication factor and settings. 6: may answer THROTTLING_QUOTA_EXCEEDED, which this broker
// never does. 7: topic ids.
// Departs from Kafka: -1 asks for the broker's defaults in every version; an assignment without replicas gets INVALID_REPLICA_ASSIGNMENT, where Kafka creates
// a topic that never has a leader.

/// <summary>Creates topics by writing their znodes, and answers when all their partitions have leaders or the request's time-out has expired.</summary>
internal sealed class CreateTopicsApi(
    TopicCreation creation, MetadataCache metadata, Func<bool> isController, Func<TimeSpan, RequestTime> begin, IAuthorizer authorizer)
    : Api<CreateTopicsRequest, CreateTopicsResponse>
{
    /// <summary>The topic in which a KRaft cluster stores its metadata.</summary>
    private const string ClusterMetadata = "__cluster_metadata";

    protected override async ValueTask<CreateTopicsResponse?> Handle(CreateTopicsRequest request, RequestContext context)
    {
        RequestTime time = begin(TimeSpan.FromMilliseconds(request.TimeoutMs));
        List<CreateTopicsResponse.CreatableTopicResult> results = new();
        List<CreateTopicsResponse.CreatableTopicResult> created = new();
        Dictionary<string, int> counts = request.Topics.CountBy(topic => topic.Name, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        foreach (CreateTopicsRequest.CreatableTopic topic in request.Topics)
        {
            CreateTopicsResponse.CreatableTopicResult result = Check(topic.Name, counts[topic.Name], context)
                ?? await Create(topic, request.ValidateOnly, time, context);
            results.Add(result);
            if (result.ErrorCode == 0 && !request.ValidateOnly)
            {
                created.Add(result);
            }
        }

        if (created.Count > 0)
        {
            await WaitForLeaders(created, time.Left);
        }
        return new CreateTopicsResponse { ThrottleTimeMs = context.ThrottleTimeMs, Topics = [.. results] };
    }

    private CreateTopicsResponse.CreatableTopicResult? Check(string name, int count, RequestContext context)
    {
        if (!isController())
        {
            return Failed(name, ErrorCode.NotController, null);
        }
        if (count > 1)
        {
            return Failed(name, ErrorCode.InvalidRequest, "Found multiple entries for this topic.");
        }
        if (name == ClusterMetadata)
        {
            return Failed(name, ErrorCode.InvalidRequest, $"Creation of internal topic {ClusterMetadata} is prohibited.");
        }
        bool mayCreate = authorizer.Allows(context, AclOperation.Create, ResourceType.Cluster, AuthorizedOperations.ClusterName)
            || authorizer.Allows(context, AclOperation.Create, ResourceType.Topic, name);
        return mayCreate ? null : Failed(name, ErrorCode.TopicAuthorizationFailed, "Authorization failed.");
    }

    private async Task<CreateTopicsResponse.CreatableTopicResult> Create(
        CreateTopicsRequest.CreatableTopic topic, bool validateOnly, RequestTime time, RequestContext context)
    {
        CreatedTopic made = await creation.Create(NewTopic.Of(topic), validateOnly, time);
        if (made.Error != ErrorCode.None)
        {
            return Failed(topic.Name, made.Error, made.Message);
        }
        CreateTopicsResponse.CreatableTopicResult result = new() { Name = topic.Name, TopicId = made.TopicId, ErrorMessage = null };
        if (authorizer.Allows(context, AclOperation.DescribeConfigs, ResourceType.Topic, topic.Name))
        {
            Describe(result, made);
        }
        else
        {
            (result.TopicConfigErrorCode, result.Configs) = ((short)ErrorCode.TopicAuthorizationFailed, null);
        }
        return result;
    }

    private static void Describe(CreateTopicsResponse.CreatableTopicResult result, CreatedTopic made)
    {
        result.NumPartitions = made.Partitions;
        result.ReplicationFactor = made.ReplicationFactor;
        result.Configs = [.. ConfigEntries.OfTopic(made.Configs!, made.Broker!).Select(entry => new CreateTopicsResponse.CreatableTopicConfigs
        {
            Name = entry.Name,
            Value = entry.Value,
            ReadOnly = entry.IsReadOnly,
            ConfigSource = (sbyte)entry.Source,
            IsSensitive = entry.IsSensitive,
        })];
    }

    private async Task WaitForLeaders(IReadOnlyList<CreateTopicsResponse.CreatableTopicResult> created, TimeSpan timeout)
    {
        bool inTime = timeout > TimeSpan.Zero && await metadata.WaitFor(image => created.All(result => HasLeaders(image, result)), timeout);
        if (inTime)
        {
            return;
        }
        foreach (CreateTopicsResponse.CreatableTopicResult late in created.Where(result => timeout <= TimeSpan.Zero || !HasLeaders(metadata.Current, result)))
        {
            late.ErrorCode = (short)ErrorCode.RequestTimedOut;
            late.ErrorMessage = null;
            late.Configs = [];
            late.NumPartitions = -1;
            late.ReplicationFactor = -1;
        }
    }

    private static bool HasLeaders(ClusterImage image, CreateTopicsResponse.CreatableTopicResult result) =>
        image.Topic(result.TopicId) is { } topic
        && topic.Partitions.Count >= result.NumPartitions
        && topic.Partitions.Values.All(partition => partition.Leader >= 0);

    private static CreateTopicsResponse.CreatableTopicResult Failed(string name, ErrorCode error, string? message) =>
        new() { Name = name, ErrorCode = (short)error, ErrorMessage = message };
}
